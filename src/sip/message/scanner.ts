// A position in a header's value, and the few productions of RFC 3261 §25.1 that all headers share.
// A value is unfolded before it is scanned, so that white space is SP and HTAB alone.

import {
  BACKSLASH,
  COMMA,
  codeAt,
  EQUALS,
  GREATER,
  isPlainCode,
  isSpaceCode,
  isTokenCode,
  LESS,
  QUOTE,
  SEMICOLON,
} from './characters.ts';
import type { Parameters, ParseError } from './types.ts';

/** Shared by every value without parameters. */
export const NO_PARAMETERS: Parameters = new Map();

/** Makes the error value of this layer. */
export function parseError(code: string, offset: number, message: string, header?: string): ParseError {
  return header === undefined ? { code, offset, message } : { code, offset, header, message };
}

/**
 * Reads one value from left to right. The value may be a part of a longer text, to spare a copy; what follows it there
 * is white space or a line end, which no production takes for its own.
 */
export class Scanner {
  readonly text: string;
  at: number;
  /** Where the value ends. */
  readonly end: number;

  constructor(text: string, at = 0, end = text.length) {
    this.text = text;
    this.at = at;
    this.end = end;
  }

  get ended(): boolean {
    return this.at >= this.end;
  }

  /** The code at the position; 0 behind the text. */
  get code(): number {
    return codeAt(this.text, this.at);
  }

  skipSpace(): void {
    this.at = skipSpace(this.text, this.at);
  }

  /** Skips SWS, one character, SWS; false (with the position behind the first SWS) when it is not there. */
  separator(code: number): boolean {
    const at = skipSpace(this.text, this.at);
    const found = codeAt(this.text, at) === code;
    this.at = found ? skipSpace(this.text, at + 1) : at;
    return found;
  }

  /** A token; empty where there is none. */
  token(): string {
    const { text, at: start } = this;
    let at = start;
    while (isTokenCode(codeAt(text, at))) at += 1;
    this.at = at;
    return text.slice(start, at);
  }

  /** A quoted string that begins here, without its quotes and escapes; undefined when it does not end. */
  quotedString(): string | undefined {
    const { text, end } = this;
    const start = this.at + 1;
    let escaped = false;
    for (let at = start; at < end; at += 1) {
      const code = codeAt(text, at);
      if (code === BACKSLASH) {
        escaped = true;
        at += 1;
      } else if (code === QUOTE) {
        this.at = at + 1;
        const raw = text.slice(start, at);
        return escaped ? raw.replace(/\\(.)/gs, '$1') : raw;
      }
    }
    return undefined;
  }

  /**
   * `token`, `host` or what peers send in their place: all up to a separator that would end it. Tags with an @ and
   * IPv6 addresses without brackets (`received`, §25.1) come by here.
   */
  plainValue(): string {
    const { text, at: start } = this;
    let at = start;
    while (isPlainCode(codeAt(text, at))) at += 1;
    this.at = at;
    return text.slice(start, at);
  }

  /**
   * `*( SEMI generic-param )` up to a comma or the end. Of a name that comes twice (§7.3.1 forbids it) the first
   * counts.
   */
  parameters(limit: number): Parameters | ParseError {
    if (!this.separator(SEMICOLON)) return NO_PARAMETERS;
    const parameters = new Map<string, string | true>();
    do {
      const fault = this.#parameter(parameters);
      if (fault !== undefined) return fault;
      if (parameters.size > limit) {
        return parseError('too-many-parameters', this.at, `more than ${limit} parameters`);
      }
    } while (this.separator(SEMICOLON));
    return parameters;
  }

  #parameter(parameters: Map<string, string | true>): ParseError | undefined {
    const { text, at: start } = this;
    let at = start;
    while (isTokenCode(codeAt(text, at))) at += 1;
    if (at === start) return parseError('bad-header', start, 'a parameter has no name');
    this.at = at;
    const name = parameterName(text, start, at);
    let value: string | true = true;
    if (this.separator(EQUALS)) {
      const read = this.code === QUOTE ? this.quotedString() : this.plainValue();
      if (read === undefined) return parseError('bad-header', this.at, 'a quoted string does not end');
      value = read;
    }
    if (parameters.size === 0 || !parameters.has(name)) parameters.set(name, value);
    return undefined;
  }
}

/** The parameters that nearly every message has; their names need no copy. By length. */
const FREQUENT: readonly (string | undefined)[] = [
  undefined,
  'q',
  'lr',
  'tag',
  undefined,
  'rport',
  'branch',
  'expires',
  'received',
];

function parameterName(text: string, start: number, end: number): string {
  const frequent = FREQUENT[end - start];
  return frequent !== undefined && text.startsWith(frequent, start) ? frequent : lowerCase(text.slice(start, end));
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpaceCode(codeAt(text, at))) at += 1;
  return at;
}

/** Whether what `Scanner.parameters` gave is a fault. */
export const isParseError = (value: object): value is ParseError => 'offset' in value;

/** Lower case; the same string where nothing is upper case, which is the common case and costs no copy. */
export function lowerCase(text: string): string {
  for (let at = 0; at < text.length; at += 1) {
    const code = codeAt(text, at);
    if ((code >= 0x41 && code <= 0x5a) || code > 0x7f) return text.toLowerCase();
  }
  return text;
}

/** A quoted string with its escapes. Control characters become a space. */
export const quote = (text: string): string => `"${text.replace(/\p{Cc}+/gu, ' ').replace(/["\\]/g, '\\$&')}"`;

/** `;name=value` for each parameter; a value is quoted where it could not be read back unquoted. */
export function formatParameters(parameters: Parameters): string {
  let text = '';
  for (const [name, value] of parameters) {
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

/** The elements of a comma-separated list, trimmed; commas inside quotes and `<>` separate nothing (§7.3.1). */
export function splitList(value: string): string[] {
  if (value.indexOf(',') < 0) return value === '' ? [] : [value];
  const elements: string[] = [];
  let start = 0;
  while (start <= value.length) {
    const end = elementEnd(value, start);
    const element = value.slice(start, end).trim();
    if (element !== '') elements.push(element);
    start = end + 1;
  }
  return elements;
}

/** Index of the comma that ends the list element which begins at `start`, or the text's length. */
export function elementEnd(value: string, start: number): number {
  let quoted = false;
  let bracketed = false;
  for (let at = start; at < value.length; at += 1) {
    const code = codeAt(value, at);
    if (quoted) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) quoted = false;
    } else if (bracketed) bracketed = code !== GREATER;
    else if (code === QUOTE) quoted = true;
    else if (code === LESS) bracketed = true;
    else if (code === COMMA) return at;
  }
  return value.length;
}
