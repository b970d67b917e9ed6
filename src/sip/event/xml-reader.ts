// XML 1.0 with namespaces, as much of it as the bodies of event packages have: elements, attributes, text, CDATA, comments.
// A document type is refused, and with it every entity that would be expanded; so is whatever is deeper or larger than such
// bodies are. It reads what a peer sends, and never throws.

import { err, ok, type Result } from '../../base/result.ts';

export interface XmlNode {
  /** Without its prefix. */
  readonly name: string;
  readonly namespace: string;
  /** Those without a prefix. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
  /** All text directly inside, trimmed. */
  readonly text: string;
}

interface OpenNode {
  readonly tag: string;
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlNode[];
  readonly prefixes: ReadonlyMap<string, string>;
  text: string;
}

const LONGEST = 65_536;
const DEEPEST = 16;
const MOST_ELEMENTS = 2000;
const MOST_ATTRIBUTES = 32;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** One piece of markup, or of text before it. No part of it can be matched in two ways, so that it takes linear time. */
const TOKEN =
  /<!--(?<comment>[\s\S]*?)-->|<!\[CDATA\[(?<cdata>[\s\S]*?)\]\]>|<\?(?<pi>[\s\S]*?)\?>|<\/(?<end>[^\s<>/]+)\s*>|<(?<start>[A-Za-z_][^\s<>/=]*)(?<rest>(?:"[^"<]*"|'[^'<]*'|[^"'<>])*)>|(?<text>[^<]+)/y;
const ATTRIBUTE = /\s+([A-Za-z_][^\s=<>/"']*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;

/** Reads a document in UTF-8; the error is a sentence. */
export function readXml(data: Buffer): Result<XmlNode, string> {
  if (data.length > LONGEST) return err('the document is too long');
  return new Reader(data.toString('utf8').replace(/^\uFEFF/, '')).read();
}

class Reader {
  #open: OpenNode[] = [];
  #root: XmlNode | undefined;
  #elements = 0;

  constructor(private readonly text: string) {}

  read(): Result<XmlNode, string> {
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < this.text.length) {
      const at = TOKEN.lastIndex;
      const groups = TOKEN.exec(this.text)?.groups;
      if (groups === undefined) return err(`what stands at ${at} is no XML, or a document type`);
      const next = TOKEN.lastIndex;
      const fault = this.#take(groups);
      if (fault !== undefined) return err(fault);
      TOKEN.lastIndex = next;
    }
    if (this.#root === undefined || this.#open.length > 0) return err('the document does not end');
    return ok(this.#root);
  }

  #take(groups: { readonly [name: string]: string | undefined }): string | undefined {
    const { text, cdata, start, rest, end } = groups;
    if (start !== undefined) return this.#begin(start, rest ?? '');
    if (end !== undefined) return this.#end(end);
    if (cdata !== undefined) return this.#append(cdata);
    return text === undefined ? undefined : this.#text(text);
  }

  #begin(tag: string, rest: string): string | undefined {
    if (this.#root !== undefined) return 'there is a second root';
    this.#elements += 1;
    if (this.#elements > MOST_ELEMENTS) return 'there are too many elements';
    if (this.#open.length >= DEEPEST) return 'it is nested too deep';
    const empty = rest.endsWith('/');
    const attributes = readAttributes(empty ? rest.slice(0, -1) : rest);
    if (attributes === undefined) return 'an attribute is malformed';
    const prefixes = prefixesOf(attributes, this.#open.at(-1)?.prefixes);
    const [prefix, name] = split(tag);
    const own = [...attributes].filter(([key]) => !key.includes(':') && key !== 'xmlns');
    this.#open.push({
      tag,
      name,
      namespace: prefixes.get(prefix) ?? '',
      attributes: new Map(own),
      children: [],
      prefixes,
      text: '',
    });
    return empty ? this.#end(tag) : undefined;
  }

  #end(tag: string): string | undefined {
    const open = this.#open.pop();
    if (open === undefined || open.tag !== tag) return `</${tag.slice(0, 32)}> ends nothing`;
    const { name, namespace, attributes, children, text } = open;
    const node = { name, namespace, attributes, children, text: text.trim() };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = node;
    else parent.children.push(node);
    return undefined;
  }

  #text(text: string): string | undefined {
    const read = unescapeXml(text);
    return read === undefined ? 'an entity is not known' : this.#append(read);
  }

  #append(text: string): string | undefined {
    const open = this.#open.at(-1);
    if (open !== undefined) open.text += text;
    else if (text.trim() !== '') return 'text stands outside of the root';
    return undefined;
  }
}

function readAttributes(text: string): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>();
  ATTRIBUTE.lastIndex = 0;
  let end = 0;
  for (let match = ATTRIBUTE.exec(text); match !== null; match = ATTRIBUTE.exec(text)) {
    const [, name = '', double, single = ''] = match;
    const value = unescapeXml(double ?? single);
    if (value === undefined || attributes.has(name) || attributes.size >= MOST_ATTRIBUTES) return undefined;
    attributes.set(name, value);
    end = ATTRIBUTE.lastIndex;
  }
  return text.slice(end).trim() === '' ? attributes : undefined;
}

/** Namespaces by prefix; the empty one is the default. */
function prefixesOf(
  attributes: ReadonlyMap<string, string>,
  outer: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const declared = [...attributes].flatMap(([name, uri]) => {
    if (name === 'xmlns') return [['', uri] as const];
    return name.startsWith('xmlns:') ? [[name.slice(6), uri] as const] : [];
  });
  return declared.length === 0 ? outer : new Map([...outer, ...declared]);
}

function split(tag: string): readonly [prefix: string, name: string] {
  const colon = tag.indexOf(':');
  return colon < 0 ? ['', tag] : [tag.slice(0, colon), tag.slice(colon + 1)];
}

/** Resolves the five entities of XML and characters by number; undefined where there is any other. */
function unescapeXml(text: string): string | undefined {
  if (!text.includes('&')) return text;
  let known = true;
  const read = text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{1,8}));|&/g, (_, decimal, hex, name) => {
    const character = name === undefined ? byNumber(decimal ?? `0x${hex}`) : ENTITIES[String(name)];
    if (character === undefined) known = false;
    return character ?? '';
  });
  return known ? read : undefined;
}

function byNumber(text: unknown): string | undefined {
  const code = Number(text);
  const isCharacter = Number.isInteger(code) && code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}
