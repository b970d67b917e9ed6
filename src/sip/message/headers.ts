// The header fields of one message, in their order (RFC 3261 §7.3). A parsed message's values stay slices of its text
// until somebody asks for them.

import { oneLine } from './characters.ts';
import { checkedHeaderName, type HeaderName, headerName } from './header-names.ts';
import { elementEnd, Scanner, splitList } from './scanner.ts';
import type { Headers } from './types.ts';

/** One field. `value` is undefined until it has been cut out of the text. */
interface Field {
  readonly header: HeaderName;
  value: string | undefined;
  readonly start: number;
  readonly end: number;
  readonly folded: boolean;
}

const own = (header: HeaderName, value: string): Field => ({
  header,
  value: oneLine(value),
  start: 0,
  end: 0,
  folded: false,
});

/**
 * Header fields. Values that are set lose their control characters (a CR LF becomes a space): none can begin a header
 * of its own. Names that are no token are a fault of the program and throw.
 */
export class SipHeaders implements Headers {
  #fields: Field[] = [];
  readonly #text: string;
  #revision = 0;

  /** @param text the text that added spans point into */
  constructor(text = '') {
    this.#text = text;
  }

  /** Grows with every change, so that what was read from a value can be known to be stale. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#fields.length;
  }

  /** For the parser: adds a field at the end whose value is cut out of the text when it is asked for. */
  addSpan(header: HeaderName, start: number, end: number, folded: boolean): void {
    this.#fields.push({ header, value: undefined, start, end, folded });
  }

  /** For the readers of values: stands at the first field of that name, in the message's own text where it can. */
  scan(name: string): Scanner | undefined {
    const field = this.#find(headerName(name).key);
    if (field === undefined) return undefined;
    if (field.end > 0 && !field.folded) return new Scanner(this.#text, field.start, field.end);
    return new Scanner(this.#value(field));
  }

  /** Where the first field of that name stands in the text, if it is folded: `scan` then reads a copy. */
  foldedAt(name: string): number | undefined {
    const field = this.#find(headerName(name).key);
    return field?.folded === true ? field.start : undefined;
  }

  get(name: string): string | undefined {
    const field = this.#find(headerName(name).key);
    return field === undefined ? undefined : this.#value(field);
  }

  all(name: string): readonly string[] {
    const { key } = headerName(name);
    return this.#fields.filter((field) => field.header.key === key).map((field) => this.#value(field));
  }

  list(name: string): readonly string[] {
    return this.all(name).flatMap(splitList);
  }

  has(name: string): boolean {
    return this.#find(headerName(name).key) !== undefined;
  }

  set(name: string, value: string): void {
    const header = checkedHeaderName(name);
    const at = this.#fields.findIndex((field) => field.header.key === header.key);
    if (at < 0) {
      this.#insert(this.#fields.length, own(header, value));
      return;
    }
    this.#fields = this.#fields.filter((field, index) => index === at || field.header.key !== header.key);
    this.#fields[at] = own(header, value);
    this.#revision += 1;
  }

  append(name: string, value: string): void {
    const header = checkedHeaderName(name);
    const last = this.#fields.findLastIndex((field) => field.header.key === header.key);
    this.#insert(last < 0 ? this.#fields.length : last + 1, own(header, value));
  }

  prepend(name: string, value: string): void {
    const header = checkedHeaderName(name);
    const first = this.#fields.findIndex((field) => field.header.key === header.key);
    this.#insert(Math.max(first, 0), own(header, value));
  }

  remove(name: string): void {
    const { key } = headerName(name);
    this.#fields = this.#fields.filter((field) => field.header.key !== key);
    this.#revision += 1;
  }

  removeFirst(name: string): void {
    const { key } = headerName(name);
    const at = this.#fields.findIndex((field) => field.header.key === key);
    const field = this.#fields[at];
    if (field === undefined) return;
    const value = this.#value(field);
    const rest = value.slice(elementEnd(value, 0) + 1).trim();
    this.#fields.splice(at, 1, ...(rest === '' ? [] : [own(field.header, rest)]));
    this.#revision += 1;
  }

  *entries(): IterableIterator<readonly [name: string, value: string]> {
    for (const field of this.#fields) yield [field.header.name, this.#value(field)];
  }

  /** An independent copy: a request that is sent again with other headers. */
  clone(): SipHeaders {
    const copy = new SipHeaders(this.#text);
    copy.#fields = this.#fields.map((field) => ({ ...field }));
    return copy;
  }

  #insert(at: number, field: Field): void {
    this.#fields.splice(at, 0, field);
    this.#revision += 1;
  }

  #find(key: string): Field | undefined {
    const fields = this.#fields;
    for (let at = 0; at < fields.length; at += 1) {
      const field = fields[at];
      if (field !== undefined && field.header.key === key) return field;
    }
    return undefined;
  }

  #value(field: Field): string {
    if (field.value !== undefined) return field.value;
    const raw = this.#text.slice(field.start, field.end);
    // §7.3.1: folding reads as one SP.
    field.value = field.folded ? raw.replace(/[ \t]*\r\n[ \t]+/g, ' ').trim() : raw;
    return field.value;
  }
}
