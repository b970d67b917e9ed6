// The header fields of one message, in their order (RFC 3261 §7.3). A parsed message's values stay slices of its text
// until somebody asks for them.

import { oneLine } from './characters.ts';
import { checkedHeaderName, type HeaderName, headerName } from './header-names.ts';
import { Octets } from './octets.ts';
import { elementEnd, Scanner, splitList } from './scanner.ts';
import type { Headers } from './types.ts';

/** One field. `value` is undefined until it has been cut out of the text. */
interface Field {
  readonly header: HeaderName;
  value: string | undefined;
  readonly start: number;
  readonly end: number;
}

const NOTHING = new Octets(Buffer.alloc(0));

const own = (header: HeaderName, value: string): Field => ({ header, value: oneLine(value), start: 0, end: 0 });

/**
 * Header fields. Values that are set lose their control characters (a CR LF becomes a space): none can begin a header
 * of its own. Names that are no token are a fault of the program and throw.
 */
export class SipHeaders implements Headers {
  #fields: Field[] = [];
  readonly #source: Octets;
  readonly #scanner: Scanner;
  #revision = 0;

  /** @param source what added spans point into */
  constructor(source = NOTHING) {
    this.#source = source;
    this.#scanner = new Scanner(source);
  }

  /** Grows with every change of what a message is known by: what was read from it is stale then. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#fields.length;
  }

  /** For the parser: adds a field at the end whose value is cut out of the text when it is asked for. */
  addSpan(header: HeaderName, start: number, end: number): void {
    this.#fields.push({ header, value: undefined, start, end });
  }

  /** For the parser: adds a field at the end whose value goes over several lines. §7.3.1: folding reads as one SP. */
  addFolded(header: HeaderName, start: number, end: number): void {
    const value = this.#source
      .slice(start, end)
      .replace(/[ \t]*\r\n[ \t]+/g, ' ')
      .trim();
    this.#fields.push({ header, value, start, end });
  }

  /**
   * For the readers of values: stands at the first field of that name, in the message's own octets where it can. It is
   * good until the next scan: one scanner serves all fields, since every message has at least six read.
   */
  scan(header: HeaderName): Scanner | undefined {
    const field = this.#find(header);
    if (field === undefined) return undefined;
    return field.value === undefined ? this.#scanner.moveTo(field.start, field.end) : Scanner.of(field.value);
  }

  /** Where the first field of that name stands in the text, if it is folded: `scan` then reads a copy. */
  foldedAt(name: string): number | undefined {
    const field = this.#find(headerName(name));
    return field?.value === undefined ? undefined : field.start;
  }

  get(name: string): string | undefined {
    const field = this.#find(headerName(name));
    return field === undefined ? undefined : this.#value(field);
  }

  all(name: string): readonly string[] {
    const { key } = headerName(name);
    const values: string[] = [];
    for (const field of this.#fields) if (field.header.key === key) values.push(this.#value(field));
    return values;
  }

  list(name: string): readonly string[] {
    const values = this.all(name);
    return values.length === 0 ? values : values.flatMap(splitList);
  }

  has(name: string): boolean {
    return this.#find(headerName(name)) !== undefined;
  }

  set(name: string, value: string): void {
    const header = checkedHeaderName(name);
    const at = this.#fields.findIndex((field) => field.header.key === header.key);
    if (at < 0) {
      this.append(name, value);
      return;
    }
    this.#fields = this.#fields.filter((field, index) => index === at || field.header.key !== header.key);
    this.#fields[at] = own(header, value);
    this.#changed(header);
  }

  append(name: string, value: string): void {
    const header = checkedHeaderName(name);
    const field = own(header, value);
    this.#changed(header);
    const last = this.#lastIndex(header);
    // Nearly always there is none of that name, or it is the last: nothing has to move.
    if (last < 0 || last === this.#fields.length - 1) this.#fields.push(field);
    else this.#fields.splice(last + 1, 0, field);
  }

  prepend(name: string, value: string): void {
    const header = checkedHeaderName(name);
    const first = this.#fields.findIndex((field) => field.header.key === header.key);
    this.#fields.splice(Math.max(first, 0), 0, own(header, value));
    this.#changed(header);
  }

  remove(name: string): void {
    const header = headerName(name);
    this.#fields = this.#fields.filter((field) => field.header.key !== header.key);
    this.#changed(header);
  }

  removeFirst(name: string): void {
    const { key } = headerName(name);
    const at = this.#fields.findIndex((field) => field.header.key === key);
    const field = this.#fields[at];
    if (field === undefined) return;
    const value = this.#value(field);
    const rest = value.slice(elementEnd(value, 0) + 1).trim();
    this.#fields.splice(at, 1, ...(rest === '' ? [] : [own(field.header, rest)]));
    this.#changed(field.header);
  }

  get lines(): string {
    let lines = '';
    for (const field of this.#fields) {
      if (field.header.key !== 'content-length') lines += `${field.header.name}: ${this.#value(field)}\r\n`;
    }
    return lines;
  }

  *entries(): IterableIterator<readonly [name: string, value: string]> {
    for (const field of this.#fields) yield [field.header.name, this.#value(field)];
  }

  /** An independent copy: a request that is sent again with other headers. */
  clone(): SipHeaders {
    return SipHeaders.of(this);
  }

  /** An independent copy of any message's header fields. */
  static of(headers: Headers): SipHeaders {
    const copy = new SipHeaders();
    if (headers instanceof SipHeaders) {
      // A field whose value has been cut out does not change any more: both may have it.
      for (const field of headers.#fields) headers.#value(field);
      copy.#fields = headers.#fields.slice();
      return copy;
    }
    for (const [name, value] of headers.entries()) {
      copy.#fields.push({ header: headerName(name), value, start: 0, end: 0 });
    }
    return copy;
  }

  #changed({ decisive }: HeaderName): void {
    if (decisive) this.#revision += 1;
  }

  #lastIndex({ key }: HeaderName): number {
    const fields = this.#fields;
    let at = fields.length - 1;
    while (at >= 0 && fields[at]?.header.key !== key) at -= 1;
    return at;
  }

  #find(header: HeaderName): Field | undefined {
    const { key } = header;
    const fields = this.#fields;
    for (let at = 0; at < fields.length; at += 1) {
      const field = fields[at];
      if (field !== undefined && field.header.key === key) return field;
    }
    return undefined;
  }

  #value(field: Field): string {
    field.value ??= this.#source.slice(field.start, field.end);
    return field.value;
  }
}
