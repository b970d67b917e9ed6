// Bytes to messages: RFC 3261 §7, the datagram rule of §18.3, the corrections of RFC 5954. One pass finds the header
// fields; their values stay slices of one text until they are asked for. The five that every message must have are
// read at once. Nothing here throws, whatever the bytes.

import { err, ok, type Result } from '../../base/result.ts';
import { COLON, isSpaceCode } from './characters.ts';
import { headerName, headerOfNode, NAME_ROOT, nextNameNode, strangeHeaderName } from './header-names.ts';
import { SipHeaders } from './headers.ts';
import { DEFAULT_LIMITS, type MessageLimits } from './limits.ts';
import { Request, Response } from './message.ts';
import { Octets, octetAt } from './octets.ts';
import { parseError, skipSpace } from './scanner.ts';
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
const CSEQ = headerName('CSeq');
const CONTENT_LENGTH = headerName('Content-Length');
const NO_BODY = Buffer.alloc(0);

/**
 * Reads one datagram, or one message that a stream's framing has cut out.
 *
 * Codes of failure: `empty` (nothing but CRLFs: a keep-alive), `start-line`, `version`, `header-line`,
 * `missing-header`, `bad-header`, `cseq-method`, `content-length`, `too-long`, `line-too-long`, `too-many-headers`,
 * `too-many-parameters`.
 *
 * @param bytes from now on the message's: its body is a view of them, its values are read from them on first use
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
  return readFrom(new Octets(bytes), start, bounds);
}

function readFrom(source: Octets, start: number, limits: MessageLimits): Result<SipMessage, ParseFailure> {
  const fields = new FieldReader(source, start, limits);
  const startLine = readStartLine(source, start, fields.startLine());
  if (!startLine.ok) return startLine;
  fields.readAll();
  const message = build(startLine.value, fields.headers);
  const startFault = startLine.value.kind === 'request' ? startLine.value.fault : undefined;
  const unreadable = message.readMandatory(limits.parameterCount);
  const body = cutBody(fields.headers, source.octets, fields.bodyStart ?? source.length);
  const fault =
    fields.fault ??
    startFault ??
    located(unreadable, fields.headers) ??
    (fields.bodyStart !== undefined
      ? undefined
      : parseError('header-line', source.length, 'no empty line ends the headers')) ??
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
  const offset = message.headers.scan(CSEQ)?.at ?? 0;
  return located(parseError('cseq-method', offset, 'CSeq names another method', 'CSeq'), message.headers);
}

/** A folded value is read apart from the text; its faults are placed at its beginning. */
function located(fault: ParseError | undefined, headers: SipHeaders): ParseError | undefined {
  const start = fault?.header === undefined ? undefined : headers.foldedAt(fault.header);
  return fault === undefined || start === undefined ? fault : { ...fault, offset: start };
}

/**
 * §18.3: octets beyond Content-Length are cut off, too few are a fault; without the header the rest is the body.
 * @param start where the body begins
 */
function cutBody(headers: SipHeaders, octets: Buffer, start: number): Result<Buffer, ParseError> {
  const scanner = headers.scan(CONTENT_LENGTH);
  if (scanner === undefined) return ok(octets.subarray(start));
  const { at } = scanner;
  const available = octets.length - start;
  const length = scanner.digits(available);
  if (length === undefined) return lengthFault(at, 'not a number');
  if (length > available) return lengthFault(at, `only ${available} octets of body came`);
  if (!scanner.ended) return lengthFault(at, 'not a number');
  return ok(length === 0 ? NO_BODY : octets.subarray(start, start + length));
}

const lengthFault = (offset: number, message: string) =>
  err(parseError('content-length', offset, message, 'Content-Length'));

/** Finds the header fields. It goes on behind a fault, so that the message can be answered. */
class FieldReader {
  readonly headers: SipHeaders;
  /** The first fault. */
  fault: ParseError | undefined;
  /** Behind the empty line that ends the header fields. */
  bodyStart: number | undefined;
  readonly #source: Octets;
  readonly #octets: Buffer;
  readonly #limits: MessageLimits;
  /** Where the next line begins. */
  #at: number;
  /** Bits of the headers that may come once only and have come. */
  #seen = 0;

  constructor(source: Octets, start: number, limits: MessageLimits) {
    this.#source = source;
    this.#octets = source.octets;
    this.#at = start;
    this.#limits = limits;
    this.headers = new SipHeaders(source);
  }

  /** Passes the start line; gives the index of its end. */
  startLine(): number {
    const start = this.#at;
    const end = this.#line();
    if (end - start > this.#limits.lineLength) this.#note('line-too-long', start, 'the start line is too long');
    return end;
  }

  readAll(): void {
    while (this.#at < this.#octets.length) {
      if (this.#atEmptyLine()) {
        this.bodyStart = this.#at + 2;
        return;
      }
      if (this.headers.size === this.#limits.headerCount) {
        this.#note('too-many-headers', this.#at, `more than ${this.#limits.headerCount} header fields`);
        return;
      }
      this.#field();
    }
  }

  /** CR LF CR LF, of which the first two have ended the line before. */
  #atEmptyLine(): boolean {
    const at = this.#at;
    const octets = this.#octets;
    return octetAt(octets, at) === CR && octetAt(octets, at + 1) === LF && octetAt(octets, at - 2) === CR;
  }

  #field(): void {
    const start = this.#at;
    let end = this.#line();
    const lineEnd = end;
    while (isSpaceCode(octetAt(this.#octets, this.#at))) end = this.#line();
    if (end - start > this.#limits.lineLength) this.#note('line-too-long', start, 'a header field is too long');
    else this.#span(start, end, end > lineEnd);
  }

  /** `header-name HCOLON header-value` in the text from `start` to `lineEnd`. */
  #span(start: number, lineEnd: number, folded: boolean): void {
    const octets = this.#octets;
    let at = start;
    let node = NAME_ROOT;
    for (let next = node; next >= 0; at += 1) {
      node = next;
      next = nextNameNode(node, octetAt(octets, at));
    }
    const nameEnd = at - 1;
    at = skipSpace(octets, nameEnd);
    if (nameEnd === start || octetAt(octets, at) !== COLON) {
      this.#note('header-line', start, 'a line is no header field');
      return;
    }
    at = skipSpace(octets, at + 1);
    let end = lineEnd;
    while (end > at && isSpaceCode(octetAt(octets, end - 1))) end -= 1;
    const header = headerOfNode(node) ?? strangeHeaderName(this.#source.slice(start, nameEnd));
    if ((this.#seen & header.onceBit) !== 0) {
      this.#note('bad-header', start, 'a header that may come once comes twice', header.name);
      return;
    }
    this.#seen |= header.onceBit;
    if (folded) this.headers.addFolded(header, at, end);
    else this.headers.addSpan(header, at, end);
  }

  /** Goes to the next line; gives the index of this one's end. A line feed alone ends no line (§7: CRLF). */
  #line(): number {
    const start = this.#at;
    const lineFeed = this.#source.characters.indexOf('\n', start);
    if (lineFeed > start && octetAt(this.#octets, lineFeed - 1) === CR) {
      this.#at = lineFeed + 1;
      return lineFeed - 1;
    }
    this.#note('header-line', start, 'a line does not end with CR LF');
    const end = lineFeed < 0 ? this.#octets.length : lineFeed;
    this.#at = lineFeed < 0 ? end : lineFeed + 1;
    return end;
  }

  #note(code: string, offset: number, message: string, header?: string): void {
    this.fault ??= parseError(code, offset, message, header);
  }
}
