// Fetches a package, from where it stopped (RFC 9110 §14.2, §13.1.5), and checks it.

import type { KeyObject } from 'node:crypto';
import { describeError } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { minutes, seconds } from '../../../base/units.ts';
import type { FirmwareOffer } from '../../../config/index.ts';
import type { AddressPolicy, BodySink, HttpClient, HttpCredentials, HttpHead } from '../../../http/index.ts';
import type { RetryAdvice } from '../retrieval/fault.ts';
import { isSigned } from '../retrieval/signature.ts';
import type { PackageStore, PartialPackage } from './package-store.ts';

export const LARGEST_PACKAGE = 512 * 1024 * 1024;

/** Less is not begun with. */
const LEAST_ROOM = 1024 * 1024;

export interface DownloadParts {
  readonly http: Pick<HttpClient, 'get'>;
  readonly store: PackageStore;
  readonly advice: RetryAdvice;
  /** @param percent of the package; told where it is known, each whole percent once */
  readonly progress: (percent: number) => void;
  /** False: another package is wanted by now. */
  readonly isWanted: () => boolean;
}

export interface DownloadFrom {
  /** Without macros. */
  readonly url: string;
  readonly policy: AddressPolicy;
  readonly credentials?: HttpCredentials;
}

/** Why there is no package. @property retryAfter undefined: it will not be otherwise */
export interface DownloadFault {
  readonly message: string;
  readonly retryAfter?: number;
}

/** What the maker signs: the version stands in it, so that an old package cannot be called a new one. */
export function statementOf({ version, sha256 }: Pick<FirmwareOffer, 'version' | 'sha256'>): Buffer {
  return Buffer.from(`doorphone firmware ${version} sha256 ${sha256}\n`);
}

export function isSignedOffer(offer: FirmwareOffer, signers: readonly KeyObject[]): boolean {
  return isSigned(statementOf(offer), Buffer.from(offer.signature, 'base64'), signers);
}

/** Until the package is here, and is what its hash says. Never rejects. */
export async function download(
  { sha256 }: FirmwareOffer,
  from: DownloadFrom,
  parts: DownloadParts,
): Promise<Result<undefined, DownloadFault>> {
  const { store } = parts;
  try {
    if (await store.has(sha256)) return ok(undefined);
    const fetched = await fetchRest(sha256, from, parts);
    if (!fetched.ok) return fetched;
    if ((await store.digest(sha256)) !== sha256) {
      await store.drop(sha256);
      return err({ message: 'the package is not the one that was announced: its hash is another' });
    }
    await store.keep(sha256);
    return ok(undefined);
  } catch (thrown) {
    return err({ message: `the package cannot be kept: ${describeError(thrown)}`, retryAfter: minutes(10) });
  }
}

async function fetchRest(
  sha256: string,
  { url, policy, credentials }: DownloadFrom,
  parts: DownloadParts,
): Promise<Result<undefined, DownloadFault>> {
  const { store, http, advice } = parts;
  const here = await store.begin(sha256);
  const room = await store.room();
  if (room < LEAST_ROOM) return err({ message: 'there is no room for a package on the disk', retryAfter: minutes(10) });
  const goesOn = here.size > 0 && here.etag !== undefined;
  const response = await http.get({
    url,
    policy,
    ...(credentials === undefined ? {} : { credentials }),
    headers: goesOn ? { Range: `bytes=${here.size}-`, 'If-Range': here.etag ?? '' } : {},
    limits: { whole: minutes(60), stall: seconds(30), size: Math.min(LARGEST_PACKAGE, room) },
    sink: (head) => new PackageSink(sha256, head, here, parts),
  });
  if (!response.ok) {
    const { message, retryAfter } = advice.ofFault(response.error);
    return err({ message, ...(retryAfter === undefined ? {} : { retryAfter }) });
  }
  const { status } = response.value;
  if (status === 200 || status === 206) return ok(undefined);
  // RFC 9110 §15.5.17: there is nothing behind what is here. Either it is whole, or its hash will say that it is not.
  if (status === 416 && goesOn) return ok(undefined);
  const { message, retryAfter } = advice.ofStatus(response.value);
  return err({ message, ...(retryAfter === undefined ? {} : { retryAfter }) });
}

/** Writes what comes behind what is here, or, where the server begins anew, over it. */
class PackageSink implements BodySink {
  #size: number;
  #percent = -1;
  #begun = false;
  readonly #whole: number | undefined;
  readonly #fault: string | undefined;

  constructor(
    private readonly sha256: string,
    private readonly head: HttpHead,
    here: PartialPackage,
    private readonly parts: DownloadParts,
  ) {
    const isRest = head.status === 206;
    this.#size = isRest ? here.size : 0;
    const length = Number(head.header('content-length') ?? Number.NaN);
    this.#whole = Number.isFinite(length) ? this.#size + length : undefined;
    const start = /^bytes (\d+)-/.exec(head.header('content-range') ?? '')?.[1];
    this.#fault =
      isRest && Number(start) !== here.size ? 'the server sends another part than it was asked for' : undefined;
  }

  async write(chunk: Buffer): Promise<string | undefined> {
    if (this.#fault !== undefined) return this.#fault;
    const { store, progress, isWanted } = this.parts;
    if (!isWanted()) return 'another one is wanted by now';
    try {
      if (!this.#begun && this.head.status === 200) await store.restart(this.sha256, strong(this.head.header('etag')));
      this.#begun = true;
      await store.append(this.sha256, chunk);
    } catch (thrown) {
      return describeError(thrown);
    }
    this.#size += chunk.length;
    const percent = this.#whole === undefined ? this.#percent : Math.floor((this.#size * 100) / this.#whole);
    if (percent !== this.#percent) progress(percent);
    this.#percent = percent;
    return undefined;
  }
}

/** RFC 9110 §13.1.5: a weak one does not vouch for bytes. */
const strong = (etag: string | undefined): string | undefined => (etag?.startsWith('W/') === true ? undefined : etag);
