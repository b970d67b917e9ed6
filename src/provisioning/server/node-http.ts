// HTTP by node:http and node:https: a request in, a response out, with limits against those who dawdle. Also the socket
// that the command line asks the server by.

import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { DoorphoneError, describeError } from '../../base/errors.ts';
import type { FileRequest, FileResponse } from './file-service.ts';

/** PEM texts. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface HttpPlace {
  readonly address: string;
  readonly port: number;
}

export interface OpenHttp {
  readonly port: number;
  close(): void;
}

const LIMITS = { headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 5_000, maxHeaderSize: 8192 };
/** Connections at once: a whole fleet comes after a power cut. */
const MOST_CONNECTIONS = 2000;

/**
 * Serves files. @param certificate left out: plain HTTP
 * @throws DoorphoneError `port-in-use`, `bad-certificate`
 */
export async function serveFiles(
  place: HttpPlace,
  certificate: ServerCertificate | undefined,
  answer: (request: FileRequest) => FileResponse,
): Promise<OpenHttp> {
  const listener = listenerOf(answer);
  const server = certificate === undefined ? createServer(LIMITS, listener) : createTls(certificate, listener);
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, place);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : place.port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Serves the owner's questions at a socket of the file system, for its own user. @throws DoorphoneError */
export async function serveOwner(path: string, answer: (request: FileRequest) => FileResponse): Promise<OpenHttp> {
  const server = createServer(LIMITS, listenerOf(answer));
  rmSync(path, { force: true });
  await listening(server, path);
  chmodSync(path, 0o600);
  return {
    port: 0,
    close: () => {
      server.close();
      server.closeAllConnections();
      rmSync(path, { force: true });
    },
  };
}

function createTls({ certificate, key }: ServerCertificate, listener: RequestListener): Server {
  try {
    return createTlsServer({ ...LIMITS, cert: certificate, key, minVersion: 'TLSv1.2' }, listener);
  } catch (thrown) {
    throw new DoorphoneError('bad-certificate', `the certificate cannot be used: ${describeError(thrown)}`, {
      mend: 'correct certificate and key in server.yaml',
      cause: thrown,
    });
  }
}

function listenerOf(answer: (request: FileRequest) => FileResponse): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    // A body is not wanted; it is read away, within the limits of time.
    request.resume();
    const { status, headers, body } = answer({
      method: request.method ?? '',
      path: request.url ?? '',
      secure: 'encrypted' in request.socket,
      address: request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '',
      header: (name) => {
        const value = request.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
    });
    response.writeHead(status, headers);
    response.end(body);
  };
}

function listening(server: Server, place: HttpPlace | string): Promise<void> {
  return new Promise((done, fail) => {
    const where = typeof place === 'string' ? place : `${place.address} port ${place.port}`;
    server.once('error', (cause) =>
      fail(
        new DoorphoneError('port-in-use', `cannot listen at ${where}: ${describeError(cause)}`, {
          mend: 'stop what uses it, or name another in server.yaml',
          cause,
        }),
      ),
    );
    const ready = (): void => {
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      done();
    };
    if (typeof place === 'string') server.listen(place, ready);
    else server.listen(place.port, place.address, ready);
  });
}
