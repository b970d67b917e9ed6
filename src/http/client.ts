// Fetches what a URL names (RFC 9110, RFC 9112) over node:http's parser and node:tls, which a device has anyway. It is
// made for URLs that come from strangers: each hop's address is judged, everything has a limit, and whatever a server
// does, the outcome is a value.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Millis, minutes, seconds } from '../base/units.ts';
import type { AddressPolicy, Hop } from './address-policy.ts';
import { Authenticator, type HttpCredentials } from './authenticate.ts';
import { type Connection, connect } from './connect.ts';
import { ask, type BodySink, headerOf, readBody } from './exchange.ts';
import { fault, type HttpFault, placeOf } from './fault.ts';
import type { HttpNetwork } from './network.ts';
import type { HttpTls } from './trust.ts';
import { Watch } from './watch.ts';

export interface HttpLimits {
  /** Name, TCP and TLS. */
  readonly connect: Millis;
  /** From the request to the answer's header. */
  readonly firstByte: Millis;
  /** Between two pieces of the body. */
  readonly stall: Millis;
  /** All of it, redirects included. */
  readonly whole: Millis;
  /** Bytes of the body. */
  readonly size: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  connect: seconds(10),
  firstByte: seconds(15),
  stall: seconds(15),
  whole: minutes(1),
  size: 1024 * 1024,
};

export interface HttpClientOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: HttpNetwork;
  readonly tls: HttpTls;
  /** When this program was built. */
  readonly builtAt: Date;
  readonly userAgent: string;
  readonly limits?: Partial<HttpLimits>;
}

/** One GET. */
export interface HttpGet {
  readonly url: string;
  readonly policy: AddressPolicy;
  /** For one host, and no other. */
  readonly credentials?: HttpCredentials;
  readonly headers?: Readonly<Record<string, string>>;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Takes the body of a 200 or 206; left out: it is in the response. */
  readonly sink?: (head: HttpHead) => BodySink;
  readonly limits?: Partial<HttpLimits>;
}

/** An answer without its body. */
export interface HttpHead {
  /** The last of the redirects. */
  readonly url: URL;
  readonly status: number;
  /** @param name in lower case */
  header(name: string): string | undefined;
}

export interface HttpResponse extends HttpHead {
  /** Of a 200 or 206; of all else nothing is read. */
  readonly body: Buffer;
}

const MOST_REDIRECTS = 5;
/** A nonce may turn stale now and then (RFC 7616 §3.3). */
const MOST_CHALLENGES = 4;
/** Hosts whose nonces are remembered. */
const MOST_AUTHENTICATORS = 4;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** A client. Its connections serve one request each. */
export class HttpClient {
  readonly #authenticators = new Map<HttpCredentials, Authenticator>();
  readonly #running = new Set<Watch>();

  constructor(private readonly options: HttpClientOptions) {}

  /** Fetches. A status that is no success is an answer too; a fault is where there was none. */
  async get(request: HttpGet): Promise<Result<HttpResponse, HttpFault>> {
    const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
    if (url === undefined) return err(fault('bad-url', 'what should be fetched is no URL'));
    const limits = { ...DEFAULT_HTTP_LIMITS, ...this.options.limits, ...request.limits };
    const watch = new Watch(this.options.clock, limits.whole, placeOf(url));
    this.#running.add(watch);
    try {
      return await this.#follow(url, request, limits, watch);
    } finally {
      this.#running.delete(watch);
      watch.close();
    }
  }

  /** Ends what is under way. */
  close(): void {
    for (const watch of [...this.#running]) watch.end(fault('stopped', 'the fetch was given up'));
  }

  async #follow(first: URL, get: HttpGet, limits: HttpLimits, watch: Watch): Promise<Result<HttpResponse, HttpFault>> {
    let url = first;
    let before: Hop | undefined;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      const refused = refuseScheme(url, get.policy, before);
      if (refused !== undefined) return err(refused);
      const answered = await this.#authenticated({ url, before, get, limits, watch });
      if (!answered.ok) return answered;
      const { connection, response } = answered.value;
      const target = REDIRECTS.has(response.statusCode ?? 0) ? headerOf(response.headers, 'location') : undefined;
      if (target === undefined) return await finish(answered.value, get, limits, watch);
      connection.socket.destroy();
      if (!URL.canParse(target, url.href))
        return err(fault('bad-response', `${placeOf(url)} sends us to what is no URL`));
      before = { url, address: connection.address };
      url = new URL(target, url);
      url.username = '';
      url.password = '';
    }
    return err(fault('redirects', `${placeOf(first)} sends us on more than ${MOST_REDIRECTS} times`));
  }

  /** One hop, with as many tries as its challenges take. */
  async #authenticated(hop: HopToTake): Promise<Result<Answered, HttpFault>> {
    const { url, get } = hop;
    const authenticator = this.#authenticatorFor(url, get.credentials);
    let authorization = authenticator?.prepare(url);
    for (let tries = 0; tries <= MOST_CHALLENGES; tries += 1) {
      const answered = await this.#once(hop, authorization);
      if (!answered.ok || answered.value.response.statusCode !== 401) return answered;
      answered.value.connection.socket.destroy();
      if (authenticator === undefined) {
        const mend = 'set user name and password of the profile server';
        return err(fault('unauthorized', `${placeOf(url)} wants credentials, and there are none for it`, mend));
      }
      const next = authenticator.answer(url, authorization, answered.value.response.headers);
      if (!next.ok) return next;
      authorization = next.value;
    }
    return err(fault('unauthorized', `${placeOf(url)} challenges again and again`));
  }

  async #once(
    { url, before, get, limits, watch }: HopToTake,
    authorization?: string,
  ): Promise<Result<Answered, HttpFault>> {
    const { network, tls, clock, builtAt, userAgent } = this.options;
    watch.phase(limits.connect, 'no connection');
    const options = { network, tls, policy: get.policy, now: clock.wall(), builtAt };
    const connection = await connect(url, before, options, watch);
    if (!connection.ok) return connection;
    watch.phase(limits.firstByte, 'no answer');
    const response = await ask(
      connection.value,
      {
        'User-Agent': userAgent,
        ...get.headers,
        ...(get.etag === undefined ? {} : { 'If-None-Match': get.etag }),
        ...(get.lastModified === undefined ? {} : { 'If-Modified-Since': get.lastModified }),
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
      watch,
    );
    if (response.ok) return ok({ connection: connection.value, response: response.value });
    connection.value.socket.destroy();
    return response;
  }

  #authenticatorFor(url: URL, credentials: HttpCredentials | undefined): Authenticator | undefined {
    if (credentials === undefined) return undefined;
    const known = this.#authenticators.get(credentials) ?? new Authenticator(credentials, this.options.random);
    this.#authenticators.set(credentials, known);
    for (const oldest of this.#authenticators.keys()) {
      if (this.#authenticators.size <= MOST_AUTHENTICATORS) break;
      this.#authenticators.delete(oldest);
    }
    return known.isFor(url) ? known : undefined;
  }
}

interface HopToTake {
  readonly url: URL;
  readonly before: Hop | undefined;
  readonly get: HttpGet;
  readonly limits: HttpLimits;
  readonly watch: Watch;
}

interface Answered {
  readonly connection: Connection;
  readonly response: IncomingMessage;
}

function refuseScheme(url: URL, policy: AddressPolicy, before: Hop | undefined): HttpFault | undefined {
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') {
    return fault('forbidden', `${url.protocol} is not fetched from`, 'serve it by https:');
  }
  if (before?.url.protocol === 'https:') {
    return fault('forbidden', `${placeOf(before.url)} sends us from https to http, which anybody could change`);
  }
  return policy.http
    ? undefined
    : fault('forbidden', `${placeOf(url)} is plain HTTP, which is not allowed here`, 'serve it by https:');
}

async function finish(
  { connection, response }: Answered,
  get: HttpGet,
  limits: HttpLimits,
  watch: Watch,
): Promise<Result<HttpResponse, HttpFault>> {
  const { url, socket } = connection;
  const head = headOf(url, response.statusCode ?? 0, response.headers);
  const why = misfit(head, get);
  if (why !== undefined || (head.status !== 200 && head.status !== 206)) {
    socket.destroy();
    return why === undefined ? ok({ ...head, body: Buffer.alloc(0) }) : err(fault('bad-response', why));
  }
  const body = await readBody(response, limits, get.sink?.(head), { url, watch });
  socket.destroy();
  return body.ok ? ok({ ...head, body: body.value }) : body;
}

/** An answer to a question that was not asked (RFC 9110 §15.3.7, §15.4.5). */
function misfit({ status, url }: HttpHead, { etag, lastModified, headers }: HttpGet): string | undefined {
  if (status === 304 && etag === undefined && lastModified === undefined) return `${placeOf(url)} says 304 unasked`;
  return status === 206 && headers?.Range === undefined ? `${placeOf(url)} sends a part of it, unasked` : undefined;
}

function headOf(url: URL, status: number, headers: IncomingHttpHeaders): HttpHead {
  return { url, status, header: (name) => headerOf(headers, name) };
}
