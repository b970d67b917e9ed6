// Octets that are looked at as numbers and cut out as text. Loading an octet takes half the time of `charCodeAt`, which
// finds out anew at every call how V8 keeps the string; a slice of one text needs no decoding. Hence both are kept.

import { isAscii } from 'node:buffer';

/** The octet at an index; 0 behind the last, which belongs to no class and separates nothing. */
export const octetAt = (octets: Buffer, at: number): number => (at < octets.length ? (octets[at] ?? 0) : 0);

/** Octets and their text: an index means the same place in both. */
export class Octets {
  readonly octets: Buffer;
  /** One character an octet, whatever it is: for searching. */
  readonly characters: string;
  readonly #ascii: boolean;

  /** @param text what the octets say, where it is known */
  constructor(octets: Buffer, text?: string) {
    this.octets = octets;
    // In UTF-8 a character of ASCII is an octet, and any other is more.
    this.#ascii = text === undefined ? isAscii(octets) : text.length === octets.length;
    this.characters = text !== undefined && this.#ascii ? text : octets.toString('latin1');
  }

  get length(): number {
    return this.octets.length;
  }

  /** The text of a part. RFC 3261 §7: text is UTF-8; what is no UTF-8 becomes U+FFFD. */
  slice(start: number, end: number): string {
    return this.#ascii ? this.characters.slice(start, end) : this.octets.toString('utf8', start, end);
  }
}
