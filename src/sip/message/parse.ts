// Bytes to messages: RFC 3261 §7, the datagram rule of §18.3, the corrections of RFC 5954. One pass finds the header
// fields; their values stay slices of one text until they are asked for. The five that every message must have are
// read at once. Nothing here throws, whatever the bytes.

import { isAscii } from 'node:buffer';
import { err, ok, type Result } from '../../base/result.ts';
import { COLON, codeAt, isDigitCode, isSpaceCode, isTokenCode } from './characters.ts';
import { headerNameAt } from './header-names.ts';
import { SipHeaders } from './headers.ts';
import { DEFAULT_LIMITS, type MessageLimits } from './limits.ts';
import { Request, Response } from './message.ts';
import { parseError } from './scanner.ts';
import { readStartLine, type StartLine } from './start-line.ts';
import type { ParseError, SipMessage, SipRequest } from './types.ts';

/** Why bytes are no message. */
export interface ParseFailure extends ParseError {
  /**
   * What could be read of a faulty request, where that is enough to refuse it: Via, From, To, Call-ID and CSeq are well
   * formed. It is to be answered with 400 (505 for the code `version`), unless its method is ACK.
   */
  readonly reply?: SipRequest;
}

const CR = 0x0d;
const LF = 0x0a;
const HEAD_END = Buffer.from('\r\n\r\n');
const NO_BODY = Buffer.alloc(0);

/**
 * Reads one datagram, or one message that a stream's framing has cut out.
 *
 * Codes of failure: `empty` (nothing but CRLFs: a keep-alive), `start-line`, `version`, `header-line`,
 * `missing-header`, `bad-header`, `cseq-method`, `content-length`, `too-long`, `line-too-long`, `too-many-headers`,
 * `too-many-parameters`.
 *
 * @param bytes the body of the message is a view of them, not a copy
 * @param limits bounds that differ from `DEFAULT_LIMITS`
 */
export function parseMessage(bytes: Buffer, limits?: Partial<MessageLimits>): Result<SipMessage, ParseFailure> {
  const bounds = limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...limits };
  if (bytes.length > bounds.messageBytes) {
    return err(parseError('too-long', bounds.messageBytes, `more than ${bounds.messageBytes} octets`));
  }
  // §7.5: CRLFs before the start line are passed over.
  let start = 0;
  while (bytes[start] === CR && bytes[start + 1] === LF) start += 2;
  if (start === bytes.length) return err(parseError('empty', 0, 'nothing but line ends'));
  const blank = bytes.indexOf(HEAD_END, start);
  const headEnd = blank < 0 ? bytes.length : blank + 2;
  // §7: text is UTF-8. Most messages are plain ASCII: their text then costs one octet a character.
  const ascii = isAscii(bytes);
  const text = bytes.toString(ascii ? 'latin1' : 'utf8', start, headEnd);
  const read = readHead(text, blank >= 0, bytes.subarray(Math.min(headEnd + 2, bytes.length)), bounds);
  if (read.ok) return read;
  const offset = start + octetOffset(text, read.error.offset, ascii);
  return err({ ...read.error, offset: Math.min(offset, bytes.length) });
}

/** Exact for ASCII and for good UTF-8; an octet that is neither has become a character of three (U+FFFD). */
const octetOffset = (text: string, offset: number, ascii: boolean): number =>
  ascii ? offset : Buffer.byteLength(text.slice(0, offset));

function readHead(
  text: string,
  complete: boolean,
  rest: Buffer,
  limits: MessageLimits,
): Result<SipMessage, ParseFailure> {
  const fields = new FieldReader(text, limits);
  const line = readStartLine(text, fields.startLine());
  if ('offset' in line) return err(line);
  fields.readAll();
  const message = build(line, fields.headers);
  const startFault = line.kind === 'request' ? line.fault : undefined;
  const unreadable = message.readMandatory(limits.parameterCount);
  const body = cutBody(fields.headers, rest);
  const fault =
    fields.fault ??
    startFault ??
    located(unreadable, fields.headers) ??
    (complete ? undefined : parseError('header-line', text.length, 'no empty line ends the headers')) ??
    methodFault(message) ??
    (body.ok ? undefined : located(body.error, fields.headers));
  if (fault !== undefined) {
    return err(message.kind === 'request' && unreadable === undefined ? { ...fault, reply: message } : fault);
  }
  if (body.ok) message.body = body.value;
  return ok(message);
}

function build(line: StartLine, headers: SipHeaders): Request | Response {
  return line.kind === 'request'
    ? new Request(line.method, line.requestUri, headers, NO_BODY)
    : new Response(line.status, line.reason, headers, NO_BODY);
}

/** §8.1.1.5: the method in CSeq is that of the request. */
function methodFault(message: Request | Response): ParseError | undefined {
  if (message.kind === 'response' || message.cseq.method === message.method) return undefined;
  const offset = message.headers.scan('CSeq')?.at ?? 0;
  return located(parseError('cseq-method', offset, 'CSeq names another method', 'CSeq'), message.headers);
}

/** A folded value is read apart from the text; its faults are placed at its beginning. */
function located(fault: ParseError | undefined, headers: SipHeaders): ParseError | undefined {
  const start = fault?.header === undefined ? undefined : headers.foldedAt(fault.header);
  return fault === undefined || start === undefined ? fault : { ...fault, offset: start };
}

/** §18.3: octets beyond Content-Length are cut off, too few are a fault; without the header the rest is the body. */
function cutBody(headers: SipHeaders, rest: Buffer): Result<Buffer, ParseError> {
  const scanner = headers.scan('Content-Length');
  if (scanner === undefined) return ok(rest);
  const { text, at: start, end } = scanner;
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const code = codeAt(text, at);
    if (!isDigitCode(code)) return lengthFault(start, 'not a number');
    length = length * 10 + code - 0x30;
  }
  if (start === end) return lengthFault(start, 'not a number');
  if (length > rest.length) return lengthFault(start, `only ${rest.length} octets of body came`);
  if (length === 0) return ok(NO_BODY);
  return ok(length === rest.length ? rest : rest.subarray(0, length));
}

const lengthFault = (offset: number, message: string) =>
  err(parseError('content-length', offset, message, 'Content-Length'));

/** Finds the header fields of a text. It goes on behind a fault, so that the message can be answered. */
class FieldReader {
  readonly headers: SipHeaders;
  /** The first fault. */
  fault: ParseError | undefined;
  readonly #text: string;
  readonly #limits: MessageLimits;
  /** Where the next line begins. */
  #at = 0;
  /** Bits of the headers that may come once only and have come. */
  #seen = 0;

  constructor(text: string, limits: MessageLimits) {
    this.#text = text;
    this.#limits = limits;
    this.headers = new SipHeaders(text);
  }

  /** Passes the start line; gives the index of its end. */
  startLine(): number {
    const end = this.#line();
    if (end > this.#limits.lineLength) this.#note('line-too-long', 0, 'the start line is too long');
    return end;
  }

  readAll(): void {
    while (this.#at < this.#text.length) {
      if (this.headers.size === this.#limits.headerCount) {
        this.#note('too-many-headers', this.#at, `more than ${this.#limits.headerCount} header fields`);
        return;
      }
      this.#field();
    }
  }

  #field(): void {
    const text = this.#text;
    const start = this.#at;
    let end = this.#line();
    let folded = false;
    while (isSpaceCode(codeAt(text, this.#at))) {
      folded = true;
      end = this.#line();
    }
    if (end - start > this.#limits.lineLength) this.#note('line-too-long', start, 'a header field is too long');
    else this.#span(start, end, folded);
  }

  #span(start: number, lineEnd: number, folded: boolean): void {
    const text = this.#text;
    let end = lineEnd;
    let at = start;
    while (isTokenCode(codeAt(text, at))) at += 1;
    const nameEnd = at;
    while (isSpaceCode(codeAt(text, at))) at += 1;
    if (nameEnd === start || codeAt(text, at) !== COLON) {
      this.#note('header-line', start, 'a line is no header field');
      return;
    }
    at += 1;
    while (isSpaceCode(codeAt(text, at))) at += 1;
    while (end > at && isSpaceCode(codeAt(text, end - 1))) end -= 1;
    const header = headerNameAt(text, start, nameEnd);
    if ((this.#seen & header.onceBit) !== 0) {
      this.#note('bad-header', start, 'a header that may come once comes twice', header.name);
      return;
    }
    this.#seen |= header.onceBit;
    this.headers.addSpan(header, at, end, folded);
  }

  /** Goes to the next line; gives the index of this one's end. A line feed alone ends no line (§7: CRLF). */
  #line(): number {
    const start = this.#at;
    const lineFeed = this.#text.indexOf('\n', start);
    if (lineFeed > start && codeAt(this.#text, lineFeed - 1) === CR) {
      this.#at = lineFeed + 1;
      return lineFeed - 1;
    }
    this.#note('header-line', start, 'a line does not end with CR LF');
    this.#at = lineFeed < 0 ? this.#text.length : lineFeed + 1;
    return lineFeed < 0 ? this.#text.length : lineFeed;
  }

  #note(code: string, offset: number, message: string, header?: string): void {
    this.fault ??= parseError(code, offset, message, header);
  }
}
