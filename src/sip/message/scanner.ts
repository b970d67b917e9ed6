// A position in a header's value, and the few productions of RFC 3261 §25.1 that all headers share.
// A value is unfolded before it is scanned, so that white space is SP and HTAB alone.

import {
  BACKSLASH,
  COMMA,
  codeAt,
  GREATER,
  hasControl,
  isDigitCode,
  isPlainCode,
  isSpaceCode,
  isTokenCode,
  LESS,
  QUOTE,
} from './characters.ts';
import { Octets, octetAt } from './octets.ts';
import type { ParseError } from './types.ts';

/** Makes the error value of this layer. */
export function parseError(code: string, offset: number, message: string, header?: string): ParseError {
  return header === undefined ? { code, offset, message } : { code, offset, header, message };
}

/** Reads one value, or the part of a message that it is, from left to right. */
export class Scanner {
  readonly source: Octets;
  at: number;
  /** Where the value ends. What follows there is white space or a line end, which no production takes for its own. */
  end: number;

  constructor(source: Octets, at = 0, end = source.length) {
    this.source = source;
    this.at = at;
    this.end = end;
  }

  /** Goes to another value of the same source. */
  moveTo(start: number, end: number): this {
    this.at = start;
    this.end = end;
    return this;
  }

  /** A scanner of a text that stands alone. */
  static of(text: string): Scanner {
    return new Scanner(new Octets(Buffer.from(text), text));
  }

  get ended(): boolean {
    return this.at >= this.end;
  }

  /** The octet at the position; 0 behind the last. */
  get code(): number {
    return octetAt(this.source.octets, this.at);
  }

  skipSpace(): void {
    this.at = skipSpace(this.source.octets, this.at);
  }

  /** Skips SWS, one character, SWS; false (with the position behind the first SWS) when it is not there. */
  separator(code: number): boolean {
    const at = skipSpace(this.source.octets, this.at);
    const found = octetAt(this.source.octets, at) === code;
    this.at = found ? skipSpace(this.source.octets, at + 1) : at;
    return found;
  }

  /** Goes behind a text, if it stands here. */
  skipText(text: string): boolean {
    const found = this.source.characters.startsWith(text, this.at);
    if (found) this.at += text.length;
    return found;
  }

  /** Goes behind a token, if there is one; gives the index of its end. */
  skipToken(): number {
    const octets = this.source.octets;
    let { at } = this;
    while (isTokenCode(octetAt(octets, at))) at += 1;
    this.at = at;
    return at;
  }

  /** A token; empty where there is none. */
  token(): string {
    const start = this.at;
    return this.source.slice(start, this.skipToken());
  }

  /** A number of digits, or the first above `maximum` that they come to; undefined where there is none. */
  digits(maximum: number): number | undefined {
    const octets = this.source.octets;
    const start = this.at;
    let at = start;
    let number = 0;
    for (let code = octetAt(octets, at); isDigitCode(code) && number <= maximum; code = octetAt(octets, at)) {
      number = number * 10 + code - 0x30;
      at += 1;
    }
    this.at = at;
    return at === start ? undefined : number;
  }

  /** A quoted string that begins here, without its quotes and escapes; undefined when it does not end. */
  quotedString(): string | undefined {
    const octets = this.source.octets;
    const start = this.at + 1;
    let escaped = false;
    for (let at = start; at < this.end; at += 1) {
      const code = octetAt(octets, at);
      if (code === BACKSLASH) {
        escaped = true;
        at += 1;
      } else if (code === QUOTE) {
        this.at = at + 1;
        const raw = this.source.slice(start, at);
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
    const octets = this.source.octets;
    const start = this.at;
    let at = start;
    while (isPlainCode(octetAt(octets, at))) at += 1;
    this.at = at;
    return this.source.slice(start, at);
  }
}

/** The index of the first octet from `start` on that is no white space. */
export function skipSpace(octets: Buffer, start: number): number {
  let at = start;
  while (isSpaceCode(octetAt(octets, at))) at += 1;
  return at;
}

/** Lower case; the same string where nothing is upper case, which is the common case and costs no copy. */
export function lowerCase(text: string): string {
  for (let at = 0; at < text.length; at += 1) {
    const code = codeAt(text, at);
    if ((code >= 0x41 && code <= 0x5a) || code > 0x7f) return text.toLowerCase();
  }
  return text;
}

/** A quoted string with its escapes. Control characters become a space. */
export function quote(text: string): string {
  const clean = hasControl(text) ? text.replace(/\p{Cc}+/gu, ' ') : text;
  return `"${clean.replace(/["\\]/g, '\\$&')}"`;
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
