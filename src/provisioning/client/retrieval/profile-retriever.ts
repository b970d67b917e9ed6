// Fetches the profile that an offer names (RFC 4483, RFC 6080 §5.2) and checks where it comes from: server, size, hash,
// signature. What it says is checked by others. What has not changed is not fetched again.

import { createHash, type KeyObject } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import { DoorphoneError } from '../../../base/errors.ts';
import type { Random } from '../../../base/random.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { Secret } from '../../../base/secret.ts';
import {
  type AddressPolicy,
  type HttpClient,
  type HttpCredentials,
  type HttpResponse,
  placeOf,
} from '../../../http/index.ts';
import { formatReport, type ProfileReport, REPORT_HEADER } from '../../event/index.ts';
import type { ProfileOffer, ProfileText, ServerFound } from '../types.ts';
import { isAbsent, type RetrievalFault, type RetrievalFaultCode, RetryAdvice } from './fault.ts';
import { readText } from './format.ts';
import { candidatesOf, expandMacros, type FetchingDevice } from './macros.ts';
import { credentialsFor, policyFor, type RetrievalSettings } from './policy.ts';
import { isSigned, readSignature, readSigner, SIGNATURE_BYTES } from './signature.ts';

export interface ProfileRetrieverOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Its User-Agent is `userAgentOf(device)`. */
  readonly http: Pick<HttpClient, 'get'>;
  readonly device: FetchingDevice;
  readonly settings: RetrievalSettings;
  /** When this program was built: before that a clock is not set, and no date is held against it. */
  readonly builtAt: Date;
  /**
   * The text of the profile in force: an offer of the same hash is not fetched. Where it is given, only what is in force is
   * `unchanged`: one that was fetched and refused, or taken back, is fetched again when somebody asks.
   */
  readonly known?: () => string | undefined;
  /** Told to the server with each request. */
  readonly report?: () => ProfileReport;
}

/** What a fetch takes. */
export interface Destination {
  readonly url: string;
  readonly policy: AddressPolicy;
  readonly credentials?: HttpCredentials;
}

type UrlOffer = Extract<ProfileOffer, { kind: 'url' }>;

/** What was fetched last, to ask for changes alone. */
interface Fetched {
  /** As it was offered. */
  readonly offered: string;
  /** What became of that. */
  readonly url: string;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly contentId?: string;
  readonly sha1: string;
  readonly sha256: string;
}

/** What came, before it is checked. */
interface Found {
  readonly url: URL;
  readonly response: HttpResponse;
}

export const LARGEST_PROFILE = 1024 * 1024;
/** A signature in base64, with room for line ends. */
const LARGEST_SIGNATURE = 4 * SIGNATURE_BYTES;

/** Fetches profiles for one device. */
export class ProfileRetriever {
  readonly #advice: RetryAdvice;
  /** Keys of `provisioning.trust`. */
  readonly signers: readonly KeyObject[];
  readonly #credentials = new Map<string, HttpCredentials>();
  #last: Fetched | undefined;

  /** @throws DoorphoneError `bad-signer` where a key of `trust` is none */
  constructor(private readonly options: ProfileRetrieverOptions) {
    this.#advice = new RetryAdvice(options.clock, options.random);
    this.signers = options.settings.trust.map((text) => {
      const signer = readSigner(text);
      if (signer !== undefined) return signer;
      throw new DoorphoneError('bad-signer', 'provisioning.trust holds what is no public key of Ed25519', {
        mend: 'write its 32 bytes in base64, or PEM',
      });
    });
  }

  /** Never rejects. `unchanged`: it is the one that was fetched last, or is in force. */
  async retrieve(offer: ProfileOffer): Promise<Result<ProfileText | 'unchanged', RetrievalFault>> {
    switch (offer.kind) {
      case 'none':
        return ok('unchanged');
      case 'body':
        return this.#inline(offer);
      case 'url':
        return await this.#fetch(offer);
    }
  }

  /** The next one is fetched whatever was fetched before. */
  forget(): void {
    this.#last = undefined;
  }

  /** How what a profile names beside itself is fetched; a sentence where it cannot be. */
  whereto(text: string, server: ServerFound): Destination | string {
    const expanded = expandMacros(text, this.options.device);
    if (!expanded.ok) return expanded.error;
    if (!URL.canParse(expanded.value)) return 'its address is no URL';
    const url = new URL(expanded.value);
    const credentials = this.#credentialsFor(url, server);
    const policy = policyFor(server, this.options.settings);
    return { url: url.href, policy, ...(credentials === undefined ? {} : { credentials }) };
  }

  /** What was fetched last, unless something else is in force. */
  #lastInForce(): Fetched | undefined {
    const { known } = this.options;
    if (this.#last === undefined || known === undefined) return this.#last;
    const text = known();
    return text !== undefined && hashesOf(Buffer.from(text)).sha256 === this.#last.sha256 ? this.#last : undefined;
  }

  #inline(offer: Extract<ProfileOffer, { kind: 'body' }>): Result<ProfileText, RetrievalFault> {
    const where = `a notification of ${offer.server.by}`;
    if (this.signers.length > 0) {
      const mend = 'let the server name a URL, with the signature beside it';
      return refused('signature', `${where} carries a profile that nobody has signed`, mend);
    }
    if (offer.data.length > LARGEST_PROFILE) return refused('too-large', `${where} is too large`);
    const text = readText(offer.data, offer.contentType, undefined);
    if (!text.ok) return refused('format', `${where} ${text.error}`);
    return ok({ text: text.value, where, server: offer.server, signed: false, ...effectOf(offer) });
  }

  async #fetch(offer: UrlOffer): Promise<Result<ProfileText | 'unchanged', RetrievalFault>> {
    const url = this.#urlOf(offer);
    if (!url.ok) return url;
    if (this.#isKnown(offer)) return ok('unchanged');
    const { clock, builtAt } = this.options;
    const now = clock.wall();
    if (offer.expires !== undefined && now >= builtAt && offer.expires <= now) {
      return refused(
        'expired',
        `what ${offer.server.by} has offered was to be fetched until ${offer.expires.toISOString()}`,
      );
    }
    if (offer.size !== undefined && offer.size > LARGEST_PROFILE) {
      return refused('too-large', `${placeOf(url.value)} is announced with ${offer.size} bytes`);
    }
    const found = await this.#firstOf(candidatesOf(url.value, this.options.device), offer);
    if (!found.ok) return found;
    if (found.value === 'unchanged') return ok('unchanged');
    return await this.#checked(found.value, offer);
  }

  /** Why not by TFTP or FTP: neither proves who the server is, nor that the file is whole, and both tell it to everybody. */
  #urlOf(offer: UrlOffer): Result<URL, RetrievalFault> {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(offer.url)?.[1]?.toLowerCase();
    if (scheme === 'tftp' || scheme === 'ftp') {
      const message = `${offer.server.by} names a profile by ${scheme}:, which proves neither who the server is nor that the file is whole`;
      return refused('forbidden', message, 'serve it by https:');
    }
    const expanded = expandMacros(offer.url, this.options.device);
    if (!expanded.ok) return refused('bad-url', `${offer.server.by} names a profile; ${expanded.error}`);
    if (URL.canParse(expanded.value)) return ok(new URL(expanded.value));
    return refused('bad-url', `${offer.server.by} names a profile by what is no URL`);
  }

  /** RFC 4483 §5.6, §5.12: the same Content-ID, or hash, is the same content. */
  #isKnown({ url, hash, contentId }: UrlOffer): boolean {
    const last = this.#lastInForce();
    if (hash !== undefined) {
      const known = this.options.known?.();
      const inForce = known === undefined ? undefined : hashesOf(Buffer.from(known));
      return [last?.sha1, last?.sha256, inForce?.sha1, inForce?.sha256].includes(hash);
    }
    return contentId !== undefined && last?.contentId === contentId && last.offered === url;
  }

  /** The first of the candidates that is there. */
  async #firstOf(urls: readonly URL[], offer: UrlOffer): Promise<Result<Found | 'unchanged', RetrievalFault>> {
    let fault: RetrievalFault = { code: 'not-found', message: 'there is nowhere to look for a profile' };
    for (const url of urls) {
      const last = this.#lastInForce();
      const known = last?.url === url.href && offer.hash === undefined ? last : undefined;
      const got = await this.#get(url, offer, known);
      if (!got.ok) return err(this.#advice.ofFault(got.error));
      const response = got.value;
      if (response.status === 200) return ok({ url, response });
      if (response.status === 304) {
        this.#advice.reset();
        return ok('unchanged');
      }
      fault = this.#advice.ofStatus(response);
      if (!isAbsent(response.status)) return err(fault);
    }
    return err(fault);
  }

  #get(url: URL, offer: UrlOffer, known?: Fetched, size = LARGEST_PROFILE): ReturnType<HttpClient['get']> {
    const { http, settings, report } = this.options;
    const credentials = this.#credentialsFor(url, offer.server);
    const said = report?.();
    return http.get({
      url: url.href,
      policy: policyFor(offer.server, settings),
      limits: { size },
      headers: {
        Accept: 'application/yaml, application/json;q=0.9, */*;q=0.1',
        ...(said === undefined ? {} : { [REPORT_HEADER]: formatReport(said) }),
      },
      ...(credentials === undefined ? {} : { credentials }),
      ...(known?.etag === undefined ? {} : { etag: known.etag }),
      ...(known?.lastModified === undefined ? {} : { lastModified: known.lastModified }),
    });
  }

  /** One object for one host and user: the client knows by it which nonces are whose. */
  #credentialsFor(url: URL, server: ServerFound): HttpCredentials | undefined {
    const { settings } = this.options;
    const own =
      url.username === ''
        ? undefined
        : { username: decoded(url.username), password: new Secret(decoded(url.password)) };
    const fitting = credentialsFor(url, server, { ...settings, ...own });
    const password = own?.password ?? settings.password;
    if (fitting === undefined || password === undefined) return undefined;
    const name = [fitting.host, fitting.username, fitting.basic, own?.password.reveal()].join('\n');
    const known = this.#credentials.get(name);
    if (known !== undefined) return known;
    if (this.#credentials.size >= MOST_CREDENTIALS) this.#credentials.clear();
    const made = { ...fitting, password };
    this.#credentials.set(name, made);
    return made;
  }

  async #checked(
    { url, response }: Found,
    offer: UrlOffer,
  ): Promise<Result<ProfileText | 'unchanged', RetrievalFault>> {
    const { body } = response;
    const where = placeOf(url);
    const hashes = hashesOf(body);
    if (offer.size !== undefined && offer.size !== body.length) {
      return refused('mismatch', `${where} has ${body.length} bytes, announced were ${offer.size}`);
    }
    if (offer.hash !== undefined && ![hashes.sha1, hashes.sha256].includes(offer.hash)) {
      return refused('mismatch', `${where} is not what was announced: its hash is another`);
    }
    const text = readText(body, response.header('content-type') ?? '', url.pathname);
    if (!text.ok) return refused('format', `${where} ${text.error}`);
    const unsigned = this.signers.length === 0 ? undefined : await this.#signatureFault(url, body, offer);
    if (unsigned !== undefined) return err(unsigned);
    this.#advice.reset();
    const [etag, lastModified] = [response.header('etag'), response.header('last-modified')];
    const last = this.#lastInForce();
    const isSame = last?.url === url.href && last.sha256 === hashes.sha256;
    this.#last = {
      offered: offer.url,
      url: url.href,
      ...hashes,
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
      ...(offer.contentId === undefined ? {} : { contentId: offer.contentId }),
    };
    if (isSame) return ok('unchanged');
    return ok({ text: text.value, where, server: offer.server, signed: this.signers.length > 0, ...effectOf(offer) });
  }

  /** Undefined: one of the keys has signed it. */
  async #signatureFault(url: URL, body: Buffer, offer: UrlOffer): Promise<RetrievalFault | undefined> {
    const beside = new URL(url);
    beside.pathname += '.sig';
    const got = await this.#get(beside, offer, undefined, LARGEST_SIGNATURE);
    if (!got.ok) return this.#advice.ofFault(got.error);
    const mend = `sign it with a key of provisioning.trust, and put the signature at ${placeOf(beside)}`;
    if (isAbsent(got.value.status)) return { code: 'signature', message: `${placeOf(url)} is not signed`, mend };
    if (got.value.status !== 200) return this.#advice.ofStatus(got.value);
    const signature = readSignature(got.value.body);
    if (signature !== undefined && isSigned(body, signature, this.signers)) return undefined;
    return { code: 'signature', message: `${placeOf(url)} is not signed by a key of provisioning.trust`, mend };
  }
}

const MOST_CREDENTIALS = 4;

function hashesOf(data: Buffer): { readonly sha1: string; readonly sha256: string } {
  const hash = (algorithm: string): string => createHash(algorithm).update(data).digest('hex');
  return { sha1: hash('sha1'), sha256: hash('sha256') };
}

function effectOf({ effectiveBy }: ProfileOffer): Pick<ProfileText, 'effectiveBy'> {
  return effectiveBy === undefined ? {} : { effectiveBy };
}

function refused(code: RetrievalFaultCode, message: string, mend?: string): { ok: false; error: RetrievalFault } {
  return err({ code, message, ...(mend === undefined ? {} : { mend }) });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
