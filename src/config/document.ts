// A YAML text with the place of every value: syntax faults in our own words, and line and column of any path.
// The library's own messages are not passed on: they quote the text, and the text may be a code or a password.

import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  visit,
  type YAMLParseError,
} from 'yaml';
import { type Complaint, complaint } from './complaint.ts';

/** Where a value stands in the tree: `['accounts', 0, 'uri']`. */
export type Path = readonly (string | number)[];

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** A complaint with its place. The key is empty where the text has no structure yet. */
export interface SyntaxFault extends Complaint, Place {
  readonly key: string;
}

/** A larger file is not a configuration. */
export const LONGEST_FILE_BYTES = 1024 * 1024;

/** `doors.main.openFor`, `accounts[0].uri`. */
export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}

/** A parsed text, and where its values stand. */
export interface PlacedDocument {
  /** What the text says, as plain values. */
  readonly value: unknown;
  /** Where the value at `path` begins; of its nearest parent's key where there is none. */
  place(path: Path): Place;
  /** Where the key of the value at `path` stands. */
  placeOfKey(path: Path): Place;
}

export interface DocumentOutcome {
  /** Undefined when the text cannot be understood at all. */
  readonly document: PlacedDocument | undefined;
  readonly faults: readonly SyntaxFault[];
}

const COLON = complaint('cannot be read here', 'check the indentation, and that a space stands behind every colon');
const QUOTES = complaint('a text begins with * or &, which YAML keeps for itself', 'put the text in quotes: "*12#"');

const TOO_DEEP = complaint('is nested too deeply to be read', 'check for stray brackets');
const NO_TEXT = complaint('a key is not a text', 'write a name before the colon');

const SECOND_DOCUMENT = complaint('a second document begins', 'take the line "---" and what follows it out');
const UNCLOSED = complaint('a closing quote, bracket, brace, comma or colon is missing', 'close what is open');

/** By the library's code of the error. */
const SYNTAX: { readonly [code: string]: Complaint } = {
  BAD_ALIAS: QUOTES,
  ALIAS_PROPS: QUOTES,
  BAD_DIRECTIVE: complaint('a line that begins with % cannot be read', 'take the line out'),
  BAD_DQ_ESCAPE: complaint('a backslash in double quotes begins no known escape', 'double it, or use single quotes'),
  BAD_INDENT: complaint('the indentation does not fit the lines before', 'line it up with spaces'),
  BAD_SCALAR_START: complaint('a text begins with a character that YAML keeps for itself', 'put the text in quotes'),
  BLOCK_AS_IMPLICIT_KEY: complaint(
    'a key or list begins in the middle of a line',
    'put it on a line of its own, or the text in quotes',
  ),
  BLOCK_IN_FLOW: complaint('an indented block stands inside brackets', 'write it inside the brackets, with commas'),
  DUPLICATE_KEY: complaint('the key stands here a second time', 'take one of the two out'),
  KEY_OVER_1024_CHARS: complaint('a key is longer than 1024 characters', 'check for a missing quote or colon'),
  MISSING_CHAR: UNCLOSED,
  MULTILINE_IMPLICIT_KEY: complaint('a key runs over more than one line', 'check for a missing colon'),
  TAB_AS_INDENT: complaint('a tab indents the line', 'use spaces'),
  TAG_RESOLVE_FAILED: complaint('a tag (!…) is not known', 'take the tag out, or put the text in quotes'),
};

/** Parses one YAML document. Never throws, whatever the text. */
export function parsePlaced(text: string): DocumentOutcome {
  if (Buffer.byteLength(text) > LONGEST_FILE_BYTES) {
    const what = `is larger than ${LONGEST_FILE_BYTES / 1024 / 1024} MiB`;
    return {
      document: undefined,
      faults: [{ line: 1, column: 1, key: '', what, mend: 'check that it is the right file' }],
    };
  }
  const lines = new LineCounter();
  const unmarked = text.replace(/^\uFEFF/, '');
  const tokens = [...new Parser(lines.addNewLine).parse(unmarked)];
  const { tooDeep, unclosed } = surveyTokens(tokens);
  if (tooDeep !== undefined) {
    return { document: undefined, faults: [{ ...TOO_DEEP, ...placeAt(lines, tooDeep), key: '' }] };
  }
  const [first, second] = [...new Composer({ prettyErrors: false }).compose(tokens, true, unmarked.length)];
  if (first === undefined) return { document: undefined, faults: [] };
  if (unclosed !== undefined && first.errors.some(isOfUnclosed)) {
    return { document: undefined, faults: [{ ...UNCLOSED, ...placeAt(lines, unclosed), key: '' }] };
  }
  const outcome = readDocument(first, lines);
  if (second === undefined || outcome.document === undefined) return outcome;
  return { document: undefined, faults: [{ ...SECOND_DOCUMENT, ...placeAt(lines, second.range[0]), key: '' }] };
}

/** No configuration nests so deep. */
const DEEPEST_NESTING = 64;

interface Survey {
  /** Where the text nests too deep. */
  readonly tooDeep: number | undefined;
  /** Where the first quote or bracket stands that is never closed: the composer names the end of the file. */
  readonly unclosed: number | undefined;
}

/**
 * Looks through the tokens without recursion, which the composer uses. A text must not get there that nests too deep:
 * near the end of the stack the engine ends the process when it compiles a regular expression, instead of throwing.
 */
function surveyTokens(tokens: readonly CST.Token[]): Survey {
  let unclosed: number | undefined;
  const open: { readonly token: CST.Token; readonly depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > DEEPEST_NESTING) return { tooDeep: token.offset, unclosed };
    if (isUnclosed(token)) unclosed = Math.min(unclosed ?? token.offset, token.offset);
    if (token.type === 'document' && token.value !== undefined) open.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      if (key !== undefined && key !== null) open.push({ token: key, depth: depth + 1 });
      if (value !== undefined) open.push({ token: value, depth: depth + 1 });
    }
  }
  return { tooDeep: undefined, unclosed };
}

/** The library takes the line after an open bracket for one that is not indented enough. */
function isOfUnclosed({ code, message }: YAMLParseError): boolean {
  return code === 'MISSING_CHAR' || (code === 'BAD_INDENT' && message.startsWith('Flow '));
}

function isUnclosed(token: CST.Token): boolean {
  if (token.type === 'flow-collection') {
    const closing = token.start.source === '[' ? ']' : '}';
    return !token.end.some(({ source }) => source === closing);
  }
  if (token.type !== 'double-quoted-scalar' && token.type !== 'single-quoted-scalar') return false;
  return token.source.length < 2 || token.source.at(0) !== token.source.at(-1);
}

function readDocument(parsed: Document.Parsed, lines: LineCounter): DocumentOutcome {
  const faults = onePerLine(
    [...parsed.errors, ...parsed.warnings].map((error) => ({
      ...(SYNTAX[error.code] ?? COLON),
      ...placeAt(lines, error.pos[0]),
      key: error.code === 'DUPLICATE_KEY' ? keyAt(parsed, error.pos[0]) : '',
    })),
  );
  // A duplicate key leaves the rest of the tree as it is; any other error makes what follows guesswork.
  if (parsed.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return { document: undefined, faults };
  if (parsed.directives.yaml.explicit === true && parsed.directives.yaml.version !== '1.2') {
    const mend = 'take the line out: this file is read as YAML 1.2';
    return {
      document: undefined,
      faults: [...faults, { line: 1, column: 1, key: '', what: 'asks for an old YAML', mend }],
    };
  }
  const unreadable = findUnreadable(parsed, lines);
  if (unreadable !== undefined) return { document: undefined, faults: [...faults, unreadable] };
  try {
    const value: unknown = parsed.toJS({ maxAliasCount: 100 });
    return { document: placed(parsed, value, lines), faults };
  } catch {
    return { document: undefined, faults: [...faults, { ...ENDLESS, ...placeOfFirstAlias(parsed, lines), key: '' }] };
  }
}

/** The path of the key that stands at `offset`. */
function keyAt(parsed: Document.Parsed, offset: number): string {
  let path: Path = [];
  visit(parsed, {
    Pair(_, pair, ancestors) {
      if (nodeOffset(pair.key) !== offset) return undefined;
      path = [...ancestors, pair].flatMap((node, at, chain): Path => {
        if (isPair(node)) return [isScalar(node.key) ? String(node.key.value) : ''];
        const below = chain[at + 1];
        return isSeq(node) && !isPair(below) ? [node.items.indexOf(below)] : [];
      });
      return visit.BREAK;
    },
  });
  return formatPath(path);
}

/** One slip makes the library stumble many times on its line; the first says it. */
function onePerLine(faults: readonly SyntaxFault[]): SyntaxFault[] {
  const first = new Map<number, SyntaxFault>();
  for (const fault of faults) if (!first.has(fault.line)) first.set(fault.line, fault);
  return [...first.values()];
}

const ENDLESS = complaint('repeats parts of the file (*name) without end', 'write the values out');

/** What walks the values recurses, and each alias may add a whole tree to the depth. */
const MOST_ALIASES = 32;
const TOO_MANY_ALIASES = complaint(
  `repeats parts of the file (*name) more than ${MOST_ALIASES} times`,
  'write them out',
);

/** An alias without its anchor (mostly a code such as *12 that lacks its quotes) or around itself; a key that is no text. */
function findUnreadable(parsed: Document.Parsed, lines: LineCounter): SyntaxFault | undefined {
  let found: SyntaxFault | undefined;
  let aliases = 0;
  const report = (wrong: Complaint, offset: number): symbol => {
    found = { ...wrong, ...placeAt(lines, offset), key: '' };
    return visit.BREAK;
  };
  visit(parsed, {
    Alias(_, alias, ancestors) {
      const target = alias.resolve(parsed);
      const offset = alias.range?.[0] ?? 0;
      if (target === undefined) return report(QUOTES, offset);
      aliases += 1;
      if (aliases > MOST_ALIASES) return report(TOO_MANY_ALIASES, offset);
      return ancestors.includes(target) ? report(ENDLESS, offset) : undefined;
    },
    Pair(_, pair) {
      if (isScalar(pair.key) && pair.key.value !== null) return undefined;
      return report(NO_TEXT, nodeOffset(pair.key) ?? nodeOffset(pair.value) ?? 0);
    },
  });
  return found;
}

function placeOfFirstAlias(parsed: Document.Parsed, lines: LineCounter): Place {
  let offset = 0;
  visit(parsed, {
    Alias(_, alias) {
      offset = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return placeAt(lines, offset);
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function nodeOffset(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined;
}

/** What one step of a path leads to. */
interface Step {
  readonly key: number | undefined;
  readonly value: number | undefined;
  readonly node: Node | undefined;
}

function placed(parsed: Document.Parsed, value: unknown, lines: LineCounter): PlacedDocument {
  /** The steps that exist, outermost first. */
  const walk = (path: Path): Step[] => {
    const steps: Step[] = [{ key: undefined, value: nodeOffset(parsed.contents), node: parsed.contents ?? undefined }];
    for (const name of path) {
      const next = child(steps.at(-1)?.node, name, parsed);
      if (next === undefined) break;
      steps.push(next);
    }
    return steps;
  };
  return {
    value,
    place: (path) => {
      const steps = walk(path);
      const last = steps.at(-1);
      const exists = steps.length > path.length;
      const hasText = !isScalar(last?.node) || last.node.type !== 'PLAIN' || last.node.source !== '';
      const offset = exists && hasText ? last?.value : (last?.key ?? last?.value);
      return placeAt(lines, offset ?? 0);
    },
    placeOfKey: (path) => {
      const last = walk(path).at(-1);
      return placeAt(lines, last?.key ?? last?.value ?? 0);
    },
  };
}

/** The last of two equal keys counts, as it does in the value. */
function child(parent: Node | undefined, name: string | number, parsed: Document.Parsed): Step | undefined {
  const inside = isAlias(parent) ? parent.resolve(parsed) : parent;
  if (isSeq(inside) && typeof name === 'number') {
    const item = inside.items[name];
    return isNode(item) ? { key: undefined, value: nodeOffset(item), node: item } : undefined;
  }
  if (!isMap(inside)) return undefined;
  const pair = inside.items.findLast((item) => isScalar(item.key) && String(item.key.value) === String(name));
  if (pair === undefined) return undefined;
  return {
    key: nodeOffset(pair.key),
    value: nodeOffset(pair.value),
    node: isNode(pair.value) ? pair.value : undefined,
  };
}

function isNode(value: unknown): value is Node {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value);
}
