// Where log lines go: standard error, never waited for. Node writes to pipes and terminals in ways that may block the
// loop (a stopped terminal) or queue without end (a reader that sleeps); a door must ring meanwhile. So pipes and
// terminals are opened a second time, non-blocking, and a line that does not fit is given up and counted by the log.

import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';

/** Takes lines; each ends with a newline. */
export interface LineSink {
  /** @returns false when the line was given up */
  write(line: string): boolean;
}

/** More is not kept for a reader that sleeps. */
const LONGEST_BACKLOG_BYTES = 64 * 1024;

/** Lines by a file descriptor that does not block. What the kernel took half of is finished before the next line. */
export class DescriptorSink implements LineSink {
  #rest: Buffer = Buffer.alloc(0);

  constructor(private readonly descriptor: number) {}

  write(line: string): boolean {
    this.#rest = this.#rest.subarray(this.#attempt(this.#rest));
    if (this.#rest.length > 0) return false;
    const bytes = Buffer.from(line);
    const taken = this.#attempt(bytes);
    if (taken > 0) this.#rest = bytes.subarray(taken);
    return taken > 0;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** @returns how many bytes the kernel took */
  #attempt(bytes: Buffer): number {
    if (bytes.length === 0) return 0;
    try {
      return writeSync(this.descriptor, bytes);
    } catch {
      // EAGAIN: the reader sleeps. EPIPE, EIO, ENOSPC: it is gone, or the disk is full. There is nobody to tell.
      return 0;
    }
  }
}

/** A stream of Node's that queues by itself: for sockets, which cannot be opened a second time (systemd's journal). */
interface QueueingStream {
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(text: string): boolean;
  on(event: 'error', listener: () => void): unknown;
}

export class StreamSink implements LineSink {
  constructor(private readonly stream: QueueingStream) {
    // The reader has gone away: from now on the stream is destroyed and `write` says so.
    stream.on('error', () => undefined);
  }

  write(line: string): boolean {
    if (this.stream.destroyed || this.stream.writableLength > LONGEST_BACKLOG_BYTES) return false;
    this.stream.write(line);
    return true;
  }
}

/** The sink for standard error, whatever it is: a file, a pipe, a terminal, a socket, closed. */
export function standardErrorSink(stream: QueueingStream = process.stderr, descriptor = 2): LineSink {
  try {
    const status = fstatSync(descriptor);
    if (status.isFile()) return new DescriptorSink(descriptor);
    if (status.isFIFO() || status.isCharacterDevice()) {
      const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY;
      return new DescriptorSink(openSync(`/proc/self/fd/${descriptor}`, flags));
    }
  } catch {
    // Closed, or not permitted to be opened again (a terminal of another user): Node's stream is what is left.
    return new StreamSink(stream);
  }
  return new StreamSink(stream);
}
