// Whose password a device has shown, by SIP and by HTTP (RFC 6080 §5.2.1, RFC 7616, RFC 7617): one set of users, one count of
// those who guess. It keeps nothing of who has shown none.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { Secret } from '../../base/secret.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { seconds } from '../../base/units.ts';
import {
  type CallerAlgorithm,
  CallerAuthenticator,
  type CallerVerdict,
  type Endpoint,
  fittingChallenges,
  type KnownPassword,
  type SipRequest,
  serialize,
  type WatchRefusal,
} from '../../sip/index.ts';
import { isDeviceId } from './device-identity.ts';

export type Users = ReadonlyMap<string, KnownPassword>;

export interface DevicePasswordsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly realm: string;
  /** The first is preferred (RFC 8760 §2.3). */
  readonly digest: readonly CallerAlgorithm[];
  /** None: nobody is asked. */
  readonly users: Users;
  /** Devices a second that may come: so many nonces are in use in the life of one. */
  readonly rate: number;
}

/** A request for a file, as far as a password goes. */
export interface GuardedFile {
  readonly method: string;
  readonly path: string;
  readonly address: string;
  /** Whether it came over TLS: else nobody is asked to tell the password itself. */
  readonly secure?: boolean;
  header(name: string): string | undefined;
}

/** Who has been let in. */
export interface Shown {
  /** Undefined: nobody has a password here. */
  readonly username: string | undefined;
  /** Header fields of the answer that has this body: that we know the password too (RFC 7616 §3.5). */
  readonly proof: (body: Buffer) => readonly (readonly [name: string, value: string])[];
}

export interface HttpRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** How often somebody was not let in, by which way, and why. */
export interface LoginRefusals {
  readonly by: 'sip' | 'http';
  readonly why: 'wrong-password' | 'locked-out' | 'other-device';
  readonly count: number;
}

const NONCE_LIFE_S = 300;
const MOST_NONCES = 200_000;
/** What the transport notes in a Via (RFC 3581 §4): the device has not brought it. */
const NOTED_IN_VIA = 64;
const RETRY_AFTER = '60';
/** Lines in the log: so many at once, then one each interval. */
const LINES = 5;
const LINES_INTERVAL = seconds(10);
const NO_BODY = Buffer.alloc(0);
const OPEN: Shown = { username: undefined, proof: () => [] };

/** The users of one server. */
export class DevicePasswords {
  readonly #authenticator: CallerAuthenticator;
  readonly #lines: TokenBucket;
  readonly #refusals = new Map<string, LoginRefusals>();
  #users: Users;

  constructor(private readonly options: DevicePasswordsOptions) {
    const { clock, random, realm, digest, users, rate } = options;
    this.#users = users;
    this.#authenticator = new CallerAuthenticator({
      clock,
      random,
      realm,
      users: () => this.#users,
      algorithms: () => digest,
      nonces: Math.min(MOST_NONCES, rate * NONCE_LIFE_S),
    });
    this.#lines = new TokenBucket(clock, LINES, LINES_INTERVAL);
  }

  get refusals(): readonly LoginRefusals[] {
    return [...this.#refusals.values()];
  }

  /** Whether devices are asked for any. */
  get areAsked(): boolean {
    return this.#users.size > 0;
  }

  /** The owner has changed them. */
  use(users: Users): void {
    this.#users = users;
  }

  /** Looks at a SUBSCRIBE. The refusal of one without a password is a challenge (RFC 3261 §22.2). */
  subscribe(request: SipRequest, { address }: Endpoint): Result<Shown, WatchRefusal> {
    const verdict = this.#authenticator.judge(request, address);
    const shown = shownBy(verdict);
    if (shown !== undefined) return ok(shown);
    this.#note(verdict, 'sip', address);
    if (verdict.kind === 'locked') return err({ status: 503, headers: [['Retry-After', RETRY_AFTER]] });
    return err(this.#challenge(request, this.#authenticator.challenges(address, isStale(verdict))));
  }

  /** Looks at a request for a file. The refusal of one without a password is a challenge (RFC 9110 §11.6.1). */
  file(request: GuardedFile): Result<Shown, HttpRefusal> {
    const { address, secure = false } = request;
    const verdict = this.#judgeFile(request);
    const shown = shownBy(verdict);
    if (shown !== undefined) return ok(shown);
    this.#note(verdict, 'http', address);
    if (verdict.kind === 'locked') return err({ status: 503, headers: { 'Retry-After': RETRY_AFTER } });
    const challenges = [
      ...this.#authenticator.challenges(address, isStale(verdict)),
      ...(secure ? [`Basic realm="${this.options.realm}", charset="UTF-8"`] : []),
    ];
    return err({ status: 401, headers: { 'WWW-Authenticate': challenges.join(', ') } });
  }

  /**
   * Whether somebody who was let in is that device: with a password of its own, by that alone; else by one that is no other
   * device's.
   */
  isDevice({ username }: Shown, id: string, by: 'sip' | 'http'): boolean {
    if (username === undefined) return true;
    const is = this.#users.has(id) ? username === id : !isDeviceId(username);
    if (!is) this.#count(by, 'other-device', { device: id, user: username });
    return is;
  }

  #judgeFile({ method, path, address, secure, header }: GuardedFile): CallerVerdict {
    const given = header('authorization') ?? '';
    const basic = secure === true ? readBasic(given) : undefined;
    if (basic !== undefined) return this.#authenticator.judgeTold(basic.username, basic.password, address);
    const all = (name: string): string[] => (name === 'Authorization' && given !== '' ? [given] : []);
    return this.#authenticator.judge({ method, requestUri: path, body: NO_BODY, headers: { all } }, address);
  }

  #challenge(request: SipRequest, challenges: readonly string[]): WatchRefusal {
    const room = serialize(request).length - NOTED_IN_VIA;
    const headers = fittingChallenges(request, challenges, (response) => serialize(response).length <= room);
    return headers === undefined ? { status: 403 } : { status: 401, headers };
  }

  #note(verdict: CallerVerdict, by: 'sip' | 'http', from: string): void {
    if (verdict.kind === 'wrong') this.#count(by, 'wrong-password', { from, tries: verdict.tries });
    else if (verdict.kind === 'locked') this.#count(by, 'locked-out', { from });
  }

  #count(by: LoginRefusals['by'], why: LoginRefusals['why'], fields: Readonly<Record<string, string | number>>): void {
    const key = `${by} ${why}`;
    this.#refusals.set(key, { by, why, count: (this.#refusals.get(key)?.count ?? 0) + 1 });
    if (this.#lines.take()) this.options.log.warn('fleet.login-refused', { by, why, ...fields });
  }
}

function shownBy(verdict: CallerVerdict): Shown | undefined {
  if (verdict.kind === 'off') return OPEN;
  if (verdict.kind !== 'right') return undefined;
  const { username, proof } = verdict;
  return { username, proof: (body) => (proof === undefined ? [] : [['Authentication-Info', proof(body)]]) };
}

const isStale = (verdict: CallerVerdict): boolean => verdict.kind === 'unknown' && verdict.stale;

/** RFC 7617 §2: the user has no colon in it. */
function readBasic(value: string): { readonly username: string; readonly password: Secret } | undefined {
  const encoded = /^basic +([0-9a-z+/=]{1,1024})$/i.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) };
}
