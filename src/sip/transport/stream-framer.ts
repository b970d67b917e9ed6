// RFC 3261 §18.3: where one message ends and the next begins on a stream, by Content-Length, however TCP cuts it. Pure:
// bytes go in, frames come out. Between messages stand line ends (§7.5), which are keep-alives (RFC 5626 §3.5.1).

import { DEFAULT_LIMITS } from '../message/index.ts';

/**
 * Why the stream cannot be read on:
 * - `notSip`: what begins here is no SIP message
 * - `headTooLong`, `bodyTooLong`: beyond the limits
 * - `noLength`: no Content-Length, which a stream must have
 * - `badLength`: a Content-Length that is no number, or two of them
 */
export type FramingFault = 'notSip' | 'headTooLong' | 'bodyTooLong' | 'noLength' | 'badLength';

export type Frame =
  /** A whole message; the bytes are its own. */
  | { readonly kind: 'message'; readonly bytes: Buffer }
  /** CRLF between messages. */
  | { readonly kind: 'lineEnd' }
  /** The last frame: where the next message begins is unknown. `head`: start line and header fields, if all are there. */
  | { readonly kind: 'fault'; readonly fault: FramingFault; readonly head: Buffer | undefined };

/** Start line and header fields: several times what proxies and B2BUAs pile up. */
const HEAD_BYTES = 32_768;
const START_LINE_BYTES = DEFAULT_LIMITS.lineLength;
/** The message as a whole: what a datagram can hold. */
const MESSAGE_BYTES = DEFAULT_LIMITS.messageBytes;
/** A buffer that had to grow beyond this is given back when it is empty. */
const KEPT_BYTES = 4096;

const CR = 0x0d;
const LF = 0x0a;
const HEAD_END = '\r\n\r\n';
const NOTHING = Buffer.alloc(0);

/** A head that was found, and waits for its body. */
interface Head {
  /** Where its body begins, counted from the message's first octet. */
  readonly length: number;
  readonly bodyLength: ContentLength;
}

/** `none`: there is no such header; `bad`: it is no number, or comes twice. */
type ContentLength = number | 'none' | 'bad';

/** Cuts one stream into messages. */
export class StreamFramer {
  #buffer: Buffer = NOTHING;
  /** What is in the buffer and was not handed out: from here … */
  #start = 0;
  /** … to here. */
  #end = 0;
  /** How much of the message that has begun was searched for the end of its head. */
  #searched = 0;
  #startLineSeen = false;
  #head: Head | undefined;
  #lost = false;

  /** Whether a message, or a line end, has begun and is not complete. */
  get pending(): boolean {
    return this.#end > this.#start;
  }

  /** Takes what arrived; gives all that is complete with it. After a fault it gives nothing any more. */
  push(chunk: Buffer): readonly Frame[] {
    if (this.#lost) return [];
    this.#append(chunk);
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) {
      frames.push(frame);
      if (frame.kind === 'fault') this.#lost = true;
      if (this.#lost) break;
    }
    this.#tidy(chunk);
    return frames;
  }

  #next(): Frame | undefined {
    if (this.#start === this.#end) return undefined;
    if (this.#buffer[this.#start] === CR) return this.#lineEnd();
    const startFault = this.#startLineFault();
    if (startFault !== undefined) return this.#fault(startFault);
    this.#head ??= this.#findHead();
    if (this.#head === undefined) return this.#searched > HEAD_BYTES ? this.#fault('headTooLong') : undefined;
    const { length, bodyLength } = this.#head;
    if (length > HEAD_BYTES) return this.#fault('headTooLong');
    if (bodyLength === 'none' || bodyLength === 'bad') {
      return this.#fault(bodyLength === 'none' ? 'noLength' : 'badLength', length);
    }
    if (length + bodyLength > MESSAGE_BYTES) return this.#fault('bodyTooLong', length);
    if (this.#end - this.#start < length + bodyLength) return undefined;
    return this.#message(length + bodyLength);
  }

  #lineEnd(): Frame | undefined {
    if (this.#start + 1 === this.#end) return undefined;
    if (this.#buffer[this.#start + 1] !== LF) return this.#fault('notSip');
    this.#start += 2;
    return { kind: 'lineEnd' };
  }

  #findHead(): Head | undefined {
    // The four octets may be cut anywhere: three of them can have been there before.
    const from = this.#start + Math.max(0, this.#searched - HEAD_END.length + 1);
    const at = this.#buffer.subarray(0, this.#end).indexOf(HEAD_END, from, 'latin1');
    this.#searched = this.#end - this.#start;
    if (at < 0) return undefined;
    const length = at + HEAD_END.length - this.#start;
    return { length, bodyLength: contentLength(this.#buffer.toString('latin1', this.#start, at)) };
  }

  /** Looked at as soon as it comes: who speaks something else is not waited for. */
  #startLineFault(): FramingFault | undefined {
    if (this.#startLineSeen) return undefined;
    const begun = this.#buffer.toString('latin1', this.#start, Math.min(this.#end, this.#start + START_LINE_BYTES));
    const lineEnd = begun.indexOf('\r\n');
    this.#startLineSeen = lineEnd >= 0;
    if (lineEnd >= 0) return couldBeStartLine(begun.slice(0, lineEnd)) ? undefined : 'notSip';
    if (!isText(begun.replace(/\r$/, ''))) return 'notSip';
    return begun.length < START_LINE_BYTES ? undefined : 'headTooLong';
  }

  #message(length: number): Frame {
    // A copy: what arrives is part of a larger piece of memory, which a kept message would hold.
    const bytes = Buffer.from(this.#buffer.subarray(this.#start, this.#start + length));
    this.#start += length;
    this.#searched = 0;
    this.#startLineSeen = false;
    this.#head = undefined;
    return { kind: 'message', bytes };
  }

  #fault(fault: FramingFault, headLength?: number): Frame {
    const head =
      headLength === undefined ? undefined : Buffer.from(this.#buffer.subarray(this.#start, this.#start + headLength));
    return { kind: 'fault', fault, head };
  }

  #append(chunk: Buffer): void {
    if (!this.pending) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#end + chunk.length > this.#buffer.length) this.#grow(this.#end - this.#start + chunk.length);
    this.#end += chunk.copy(this.#buffer, this.#end);
  }

  /** Makes room for `size` octets, and as much again: a message that comes octet by octet is not copied each time. */
  #grow(size: number): void {
    const grown = Buffer.allocUnsafe(Math.max(2 * size, KEPT_BYTES));
    this.#end = this.#buffer.copy(grown, 0, this.#start, this.#end);
    this.#start = 0;
    this.#buffer = grown;
  }

  /** Keeps no more memory than what is unfinished needs, and none of the chunk. */
  #tidy(chunk: Buffer): void {
    if (this.#lost || !this.pending) {
      this.#start = 0;
      this.#end = 0;
      this.#buffer = NOTHING;
    } else if (this.#buffer === chunk) this.#grow(this.#end - this.#start);
  }
}

/** §7.1, §7.2: no control characters, and SIP's version somewhere, if only to be answered. */
const couldBeStartLine = (line: string): boolean => isText(line) && /SIP\//i.test(line);
const isText = (text: string): boolean => !/[^\x20-\x7e\x80-\xff]/.test(text);

/** Of a head's text. */
function contentLength(head: string): ContentLength {
  const unfolded = head.replace(/\r\n[ \t]+/g, ' ');
  const values = [...unfolded.matchAll(/\r\n(?:content-length|l)[ \t]*:([^\r\n]*)/gi)];
  const [first, second] = values.map(([, value = '']) => value.trim());
  if (first === undefined) return 'none';
  return second === undefined && /^\d{1,9}$/.test(first) ? Number(first) : 'bad';
}
