// One request and its response over a connection that stands (RFC 9112), by node:http's parser. The connection is closed
// with it. A body is counted while it comes, so that none grows beyond its limit; it must come as it is, not compressed:
// a few bytes could become any number.

import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { describeError, errorCode } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Millis } from '../base/units.ts';
import { targetOf } from './authenticate.ts';
import type { Connection } from './connect.ts';
import { fault, type HttpFault, placeOf } from './fault.ts';
import { handshakeFault } from './tls-faults.ts';
import type { Watch } from './watch.ts';

/** Of all header fields of a response together. */
const MOST_HEADER_BYTES = 16_384;

/** Takes a body as it comes. */
export interface BodySink {
  /** Waited for, before more is read. A sentence ends the fetch: it cannot be kept. */
  write(chunk: Buffer): Promise<string | undefined>;
}

export interface BodyLimits {
  /** Bytes. */
  readonly size: number;
  /** Between two pieces. */
  readonly stall: Millis;
}

/** Sends a GET and waits for the header of the answer. */
export function ask(
  { url, socket }: Connection,
  headers: Readonly<Record<string, string>>,
  watch: Watch,
): Promise<Result<IncomingMessage, HttpFault>> {
  return watch.step((done) => {
    let request: ClientRequest;
    try {
      request = httpRequest({
        createConnection: () => socket,
        method: 'GET',
        path: targetOf(url),
        setHost: false,
        maxHeaderSize: MOST_HEADER_BYTES,
        headers: { Host: url.host, Connection: 'close', 'Accept-Encoding': 'identity', ...headers },
      });
    } catch (thrown) {
      // What a server has said before, as an ETag, may be no value that can be sent.
      done(err(fault('bad-response', `${placeOf(url)} cannot be asked: ${describeError(thrown)}`)));
      return undefined;
    }
    request.on('error', (thrown) => done(err(requestFault(thrown, url))));
    request.once('response', (response) => done(ok(response)));
    request.once('close', () => done(err(fault('bad-response', `${placeOf(url)} closed without an answer`))));
    request.end();
    return () => socket.destroy();
  });
}

/** Reads the body; it goes into the sink, where there is one. */
export async function readBody(
  response: IncomingMessage,
  limits: BodyLimits,
  sink: BodySink | undefined,
  context: { readonly url: URL; readonly watch: Watch },
): Promise<Result<Buffer, HttpFault>> {
  const { url, watch } = context;
  const encoding = response.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity') return err(fault('bad-response', `${placeOf(url)} came compressed, unasked`));
  const announced = Number(response.headers['content-length'] ?? 0);
  if (announced > limits.size) return err(tooLarge(url, limits.size));
  const finished = await watch.step<Buffer>((done) => {
    // It cannot fail: all that is thrown is made an outcome.
    void collect(response, limits, sink, context).then(done);
    return () => response.destroy();
  });
  response.destroy();
  return finished;
}

async function collect(
  response: IncomingMessage,
  limits: BodyLimits,
  sink: BodySink | undefined,
  { url, watch }: { readonly url: URL; readonly watch: Watch },
): Promise<Result<Buffer, HttpFault>> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    watch.phase(limits.stall, 'nothing more came');
    for await (const piece of response) {
      const chunk = Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece));
      size += chunk.length;
      if (size > limits.size) return err(tooLarge(url, limits.size));
      const refused = await sink?.write(chunk);
      if (refused !== undefined) return err(fault('too-large', `${placeOf(url)} cannot be kept: ${refused}`));
      if (sink === undefined) parts.push(chunk);
      if (watch.ended === undefined) watch.phase(limits.stall, 'nothing more came');
    }
  } catch (thrown) {
    return err(fault('truncated', `${placeOf(url)} ended within the answer: ${describeError(thrown)}`));
  }
  return response.complete
    ? ok(Buffer.concat(parts))
    : err(fault('truncated', `${placeOf(url)} ended within the answer`));
}

function tooLarge(url: URL, limit: number): HttpFault {
  return fault('too-large', `${placeOf(url)} is larger than ${limit} bytes`);
}

function requestFault(thrown: unknown, url: URL): HttpFault {
  const code = errorCode(thrown);
  if (code.startsWith('HPE_'))
    return fault('bad-response', `${placeOf(url)} answers in no HTTP that is understood here`);
  return handshakeFault(thrown, placeOf(url));
}

/** One header field; several of a name count as none but the first. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
