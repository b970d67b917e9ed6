// The parameters behind a Via hop or an address: `*( SEMI generic-param )` of RFC 3261 §25.1. Their grammar is checked
// when the message is read; the map of them is made when somebody asks for another than the one that says where the
// message belongs, branch or tag.

import { err, ok, type Result } from '../../base/result.ts';
import { BACKSLASH, codeAt, EQUALS, isPlainCode, QUOTE, SEMICOLON } from './characters.ts';
import type { Octets } from './octets.ts';
import { lowerCase, parseError, quote, Scanner } from './scanner.ts';
import type { Parameters, ParseError } from './types.ts';

type Value = string | true;

/** The parameter that is kept while the grammar is checked. */
type Identity = 'branch' | 'tag';

/** Shared by every value without parameters. */
export const NO_PARAMETERS: Parameters = new Map();
const NONE = ok(NO_PARAMETERS);

const fault = (code: string, offset: number, message: string) => err(parseError(code, offset, message));

/**
 * Reads parameters up to a comma or the end of the value. Of a name that comes twice (§7.3.1 forbids it) the first
 * counts.
 * @param limit how many there may be
 */
export function readParameters(scanner: Scanner, limit: number, identity: Identity): Result<Parameters, ParseError> {
  if (!scanner.separator(SEMICOLON)) return NONE;
  const { source, at: start } = scanner;
  let kept: Value | undefined;
  let count = 0;
  do {
    const nameStart = scanner.at;
    const nameEnd = scanner.skipToken();
    if (nameEnd === nameStart) return fault('bad-header', nameStart, 'a parameter has no name');
    const value = readValue(scanner);
    if (value === undefined) return fault('bad-header', scanner.at, 'a quoted string does not end');
    if (kept === undefined && isName(source, nameStart, nameEnd, identity)) kept = value;
    count += 1;
    if (count > limit) return fault('too-many-parameters', scanner.at, `more than ${limit} parameters`);
  } while (scanner.separator(SEMICOLON));
  return ok(new ScannedParameters(source, start, scanner.end, identity, kept));
}

/** `[ EQUAL gen-value ]` behind a name; undefined when a quoted string does not end. */
function readValue(scanner: Scanner): Value | undefined {
  if (!scanner.separator(EQUALS)) return true;
  return scanner.code === QUOTE ? scanner.quotedString() : scanner.plainValue();
}

/** Whether a name, in any case, stands in the text there. */
function isName(source: Octets, start: number, end: number, name: string): boolean {
  return end - start === name.length && lowerCase(source.slice(start, end)) === name;
}

/** Parameters whose grammar has been checked. Most messages are sent on their way without the map of them. */
class ScannedParameters implements Parameters {
  readonly #source: Octets;
  readonly #start: number;
  readonly #end: number;
  readonly #identity: Identity;
  readonly #kept: Value | undefined;
  #map: Parameters | undefined;

  constructor(source: Octets, start: number, end: number, identity: Identity, kept: Value | undefined) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
    this.#identity = identity;
    this.#kept = kept;
  }

  get size(): number {
    return this.#read().size;
  }

  get(name: string): Value | undefined {
    return name === this.#identity ? this.#kept : this.#read().get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  keys(): MapIterator<string> {
    return this.#read().keys();
  }

  values(): MapIterator<Value> {
    return this.#read().values();
  }

  entries(): MapIterator<[string, Value]> {
    return this.#read().entries();
  }

  [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.#read().entries();
  }

  forEach(each: (value: Value, name: string, parameters: Parameters) => void): void {
    for (const [name, value] of this.#read()) each(value, name, this);
  }

  #read(): Parameters {
    this.#map ??= this.#readAgain();
    return this.#map;
  }

  #readAgain(): Parameters {
    const map = new Map<string, Value>();
    const scanner = new Scanner(this.#source, this.#start, this.#end);
    do {
      const name = lowerCase(scanner.token());
      const value = readValue(scanner);
      if (value !== undefined && !map.has(name)) map.set(name, value);
    } while (scanner.separator(SEMICOLON));
    return map;
  }
}

/**
 * `;name=value` for each parameter; a value is quoted where it could not be read back unquoted.
 * @param omitted one to leave out
 */
export function formatParameters(parameters: Parameters, omitted?: Identity): string {
  let text = '';
  for (const [name, value] of parameters) {
    if (name === omitted) continue;
    if (value === true) text += `;${name}`;
    else text += `;${name}=${isPlainValue(value) ? value : quote(value)}`;
  }
  return text;
}

function isPlainValue(value: string): boolean {
  for (let at = 0; at < value.length; at += 1) {
    const code = codeAt(value, at);
    if (code >= 0x7f || code === BACKSLASH || !isPlainCode(code)) return false;
  }
  return value.length > 0;
}
