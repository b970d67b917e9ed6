// Bodies in parts: RFC 5621 over the grammar of RFC 2046 §5.1. Gateways put what they know of a call beside the session
// description: a location, ISUP, a picture. Read on demand, within bounds; nothing here throws, whatever the octets.

import { err, ok, type Result } from '../../base/result.ts';
import { EQUALS, isToken, SEMICOLON } from './characters.ts';
import { parseError, Scanner } from './scanner.ts';
import type { ParseError, SipMessage } from './types.ts';

/** One body: that of a message, or a part of it that is itself no multipart. */
export interface BodyPart {
  /** Type and subtype in lower case; `text/plain` where a part has none (RFC 2046 §5.1). */
  readonly contentType: string;
  /** Content-Disposition in lower case: `session`, `render`, `early-session`; undefined where it is not said. */
  readonly disposition: string | undefined;
  /** `handling` of Content-Disposition: whether its sender says that it may be passed over (RFC 3204 §4). */
  readonly handling: 'required' | 'optional' | undefined;
  /** Without the transfer encoding. */
  readonly data: Buffer;
}

/** Bounds on what a multipart body may cost. Each has its own failure code. */
const MAXIMUM_PARTS = 16; // `too-many-parts`
const MAXIMUM_NESTING = 4; // `nested-too-deep`
const MAXIMUM_PART_HEADERS = 32; // `too-many-headers`
const MAXIMUM_HEADER_OCTETS = 2048; // `line-too-long`
const MAXIMUM_PARAMETERS = 16; // `too-many-parameters`
/** RFC 2046 §5.1.1 */
const MAXIMUM_BOUNDARY = 70;

const fault = (code: string, message: string) => err(parseError(code, 0, message, 'Content-Type'));

/** A type with its parameters, names in lower case. */
interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Every part of a message's body that is itself no multipart, in the order of the message; a body that is none comes
 * back alone, an empty one as nothing. Of a `multipart/alternative` the last alternative counts whose parts `understands`
 * takes, else the first (RFC 2046 §5.1.4); every other multipart is taken for `mixed` (§5.1.7).
 *
 * Codes of failure, all of them faults of Content-Type: `multipart` (no boundary, no part), `too-many-parts`,
 * `nested-too-deep`, `too-many-headers`, `line-too-long`, `too-many-parameters`.
 */
export function readBodyParts(
  message: SipMessage,
  understands: (contentType: string) => boolean,
): Result<readonly BodyPart[], ParseError> {
  if (message.body.length === 0) return ok([]);
  const { headers } = message;
  const entity = {
    contentType: headers.get('Content-Type'),
    disposition: headers.get('Content-Disposition'),
    encoding: headers.get('Content-Transfer-Encoding'),
    data: message.body,
  };
  return new Reader(understands).read(entity, 0);
}

/** A body with the header fields that say what it is. */
interface Entity {
  readonly contentType: string | undefined;
  readonly disposition: string | undefined;
  readonly encoding: string | undefined;
  readonly data: Buffer;
}

class Reader {
  #parts = 0;

  constructor(private readonly understands: (contentType: string) => boolean) {}

  read(entity: Entity, depth: number): Result<readonly BodyPart[], ParseError> {
    const media = readMediaType(entity.contentType ?? 'text/plain');
    if (!media.ok) return media;
    const { type, parameters } = media.value;
    if (!type.startsWith('multipart/')) return ok([leaf(entity, type)]);
    if (depth === MAXIMUM_NESTING)
      return fault('nested-too-deep', `parts within parts, more than ${MAXIMUM_NESTING} deep`);
    const boundary = parameters.get('boundary');
    if (boundary === undefined || boundary === '' || boundary.length > MAXIMUM_BOUNDARY) {
      return fault('multipart', 'a multipart body without a usable boundary');
    }
    const slices = cut(entity.data, boundary, MAXIMUM_PARTS - this.#parts);
    if (slices === undefined) return fault('too-many-parts', `more than ${MAXIMUM_PARTS} parts`);
    if (slices.length === 0) return fault('multipart', 'the boundary does not stand in the body');
    this.#parts += slices.length;
    return this.#combine(slices, type, depth);
  }

  #combine(slices: readonly Buffer[], type: string, depth: number): Result<readonly BodyPart[], ParseError> {
    const read: (readonly BodyPart[])[] = [];
    for (const slice of slices) {
      const entity = readPart(slice);
      const parts = entity.ok ? this.read(entity.value, depth + 1) : entity;
      if (!parts.ok) return parts;
      read.push(parts.value);
    }
    if (type !== 'multipart/alternative') return ok(read.flat());
    const chosen = read.findLast((parts) => parts.every(({ contentType }) => this.understands(contentType)));
    return ok(chosen ?? read[0] ?? []);
  }
}

function leaf({ disposition, encoding, data }: Entity, contentType: string): BodyPart {
  const [kind = '', ...parameters] = (disposition ?? '').toLowerCase().split(';');
  const handling = parameters.map((parameter) => /^\s*handling\s*=\s*"?(required|optional)"?\s*$/.exec(parameter)?.[1]);
  const found = handling.find((value) => value !== undefined);
  return {
    contentType,
    disposition: kind.trim() === '' ? undefined : kind.trim(),
    handling: found === 'required' || found === 'optional' ? found : undefined,
    data: encoding?.trim().toLowerCase() === 'base64' ? Buffer.from(data.toString('latin1'), 'base64') : data,
  };
}

/** `type / subtype *( ; name = value )` (RFC 3261 §25.1, media-type). */
function readMediaType(value: string): Result<MediaType, ParseError> {
  const scanner = Scanner.of(value);
  scanner.skipSpace();
  const main = scanner.token();
  const sub = scanner.separator(0x2f) ? scanner.token() : '';
  const parameters = new Map<string, string>();
  while (scanner.separator(SEMICOLON)) {
    const name = scanner.token().toLowerCase();
    const text = scanner.separator(EQUALS)
      ? scanner.code === 0x22
        ? scanner.quotedString()
        : scanner.plainValue()
      : '';
    if (!isToken(name) || text === undefined) return fault('multipart', 'a parameter of the type is malformed');
    if (!parameters.has(name)) parameters.set(name, text);
    if (parameters.size > MAXIMUM_PARAMETERS) return fault('too-many-parameters', 'too many parameters of a type');
  }
  return ok({ type: `${main}/${sub}`.toLowerCase(), parameters });
}

/**
 * What stands between the delimiter lines (RFC 2046 §5.1.1). The line end before a delimiter is the delimiter's; one that
 * is missing at the end of the body is made up for, as truncated bodies are refused before by their length.
 * @returns undefined where there are more than `most` parts
 */
function cut(data: Buffer, boundary: string, most: number): Buffer[] | undefined {
  const parts: Buffer[] = [];
  const text = data.toString('latin1');
  const delimiter = `--${Buffer.from(boundary).toString('latin1')}`;
  let from: number | undefined;
  for (let at = text.indexOf(delimiter); at >= 0; at = text.indexOf(delimiter, at + 1)) {
    if (at > 0 && text[at - 1] !== '\n') continue;
    const line = lineBehind(text, at + delimiter.length);
    if (line === undefined) continue;
    if (from !== undefined) parts.push(data.subarray(from, Math.max(from, lineEndBefore(text, at))));
    if (parts.length > most) return undefined;
    from = line.closes ? undefined : line.next;
    if (line.closes) break;
  }
  if (from !== undefined) parts.push(data.subarray(from));
  return parts.length > most ? undefined : parts;
}

/** What follows the boundary in its line: `--` or nothing, white space. Undefined: the line is no delimiter. */
function lineBehind(text: string, at: number): { readonly closes: boolean; readonly next: number } | undefined {
  const closes = text.startsWith('--', at);
  let end = closes ? at + 2 : at;
  while (text[end] === ' ' || text[end] === '\t') end += 1;
  if (text.startsWith('\r\n', end)) return { closes, next: end + 2 };
  if (text[end] === '\n') return { closes, next: end + 1 };
  return end === text.length ? { closes, next: end } : undefined;
}

function lineEndBefore(text: string, at: number): number {
  if (text[at - 1] !== '\n') return at;
  return text[at - 2] === '\r' ? at - 2 : at - 1;
}

/** The header fields of a part and what follows them (RFC 2046 §5.1): unfolded, compact forms included. */
function readPart(slice: Buffer): Result<Entity, ParseError> {
  const text = slice.toString('latin1');
  const fields = new Map<string, string>();
  let at = 0;
  for (let count = 0; at < text.length; count += 1) {
    const line = text.indexOf('\n', at);
    let end = line < 0 ? text.length : line;
    if (text.slice(at, end).trim() === '') {
      at = line < 0 ? text.length : line + 1;
      break;
    }
    while (text[end + 1] === ' ' || text[end + 1] === '\t') {
      const next = text.indexOf('\n', end + 1);
      end = next < 0 ? text.length : next;
    }
    if (count === MAXIMUM_PART_HEADERS) return fault('too-many-headers', 'a part has too many header fields');
    if (end - at > MAXIMUM_HEADER_OCTETS) return fault('line-too-long', 'a header field of a part is too long');
    const [, name = '', value = ''] = /^([^\s:]+)[ \t]*:(.*)$/s.exec(text.slice(at, end)) ?? [];
    const key = COMPACT.get(name.toLowerCase()) ?? name.toLowerCase();
    if (!fields.has(key)) fields.set(key, value.replace(/\r?\n[ \t]+/g, ' ').trim());
    at = Math.min(end + 1, text.length);
  }
  return ok({
    contentType: fields.get('content-type'),
    disposition: fields.get('content-disposition'),
    encoding: fields.get('content-transfer-encoding'),
    data: slice.subarray(at),
  });
}

/** SIP's compact forms, which gateways use in parts as well. */
const COMPACT: ReadonlyMap<string, string> = new Map([['c', 'content-type']]);
