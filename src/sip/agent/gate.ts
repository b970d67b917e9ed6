// What becomes of a request before any state is made for it (RFC 3261 §8.2.7, §26.1.5): it is taken, answered without a
// memory of it, or met with silence. A flood of what nobody asked for costs its parsing and a look into a table.
//
// Not looked at here: repetitions and CANCELs of what was taken, which the transaction layer knows; and ACKs.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { seconds } from '../../base/units.ts';
import { type CallerAuthenticator, type CallerVerdict, fittingChallenges } from '../auth/index.ts';
import { createResponse, parseUri } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { Refusal, Session } from '../session/types.ts';
import type { Screening } from '../transaction/index.ts';
import { TokenBucket } from '../transport/index.ts';
import { type Rate, SourceLimit } from './source-limit.ts';
import type { StrangerLimit } from './stranger-limit.ts';
import type { Admission } from './types.ts';
import type { UnaskedStanding } from './unasked-notifications.ts';

export interface GateOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly strangers: StrangerLimit;
  readonly admit: Admission;
  readonly authenticator: CallerAuthenticator;
  /** The addresses of the accounts' servers. */
  readonly servers: () => ReadonlySet<string>;
  /** Whether a request with a To tag is in a dialog of ours, and comes from where that lives. */
  readonly isInDialog: (request: SipRequest, source: Endpoint) => boolean;
  /** The call that a request with a To tag is in. */
  readonly callOf: (request: SipRequest) => Pick<Session, 'authenticatedAs'> | undefined;
  /** Whether we go by that user's name, or by none. */
  readonly isOurName: (user: string | undefined) => boolean;
  /** As what a NOTIFY is to be looked at that belongs to no dialog. */
  readonly standingOf: (request: SipRequest, source: Endpoint) => UnaskedStanding;
  readonly refused: (peer: string, source: Endpoint, why: string) => void;
  /** See `SipAgentOptions.overload`; left out: nobody is too many. */
  readonly overload?: ((request: SipRequest, source: Endpoint) => SipResponse | undefined) | undefined;
}

/** Calls from one address that may call: more than its people make; a phone gone mad makes more. */
const CALLS: Rate = { burst: 20, interval: seconds(0.5) };
/** Challenges. Each is smaller than what brought it: this bounds the work, and what a forged address gets. */
const CHALLENGES_EACH: Rate = { burst: 5, interval: seconds(1) };
const CHALLENGES_ALL: Rate = { burst: 50, interval: seconds(0.05) };
/** What a server asks to see whether we are there: every few seconds where it is impatient. */
const PINGS: Rate = { burst: 5, interval: seconds(1) };
/** What is asked for a password outside of any dialog; the rest is nobody's who is not let in. */
const CHALLENGED = new Set(['INVITE', 'MESSAGE', 'OPTIONS', 'REFER', 'SUBSCRIBE']);
/** RFC 3261 §20.33: when a phone that calls too often may call again. */
const RETRY_AFTER = '5';
/** Lines in the log about one thing: so many at once, then one each interval. */
const LINES = 5;
const LINES_INTERVAL = seconds(10);

const MAXIMUM_TOLD = 64;

/** Names that scanners give themselves; whoever uses one, by whatever way, gets silence. */
const SCANNERS =
  /friendly-(?:scanner|request)|sip-?vicious|sip-?scan|sipcli|sundayddr|pplsip|sivus|svmap|svwar|svcrack/i;

/** A password that was right. */
interface Proven {
  readonly username: string;
  readonly proof?: (body: Buffer) => string;
}

/** Looks at every new request. */
export class Gate {
  readonly #calls: SourceLimit;
  readonly #challenges: SourceLimit;
  readonly #pings: SourceLimit;
  readonly #foreignLines: TokenBucket;
  readonly #loginLines: TokenBucket;
  /** Who has shown a password, by the request that did. */
  readonly #callers = new WeakMap<SipRequest, Proven>();
  /** Calls in which a REFER has shown the caller's password again. */
  readonly #mayRefer = new WeakSet<object>();
  /** What requests that were taken nevertheless are to be told. */
  readonly #refusals = new WeakMap<SipRequest, Refusal>();
  /** The latest INVITEs that somebody heard of: a repetition of them is no news. */
  readonly #told = new Set<string>();

  constructor(private readonly options: GateOptions) {
    const { clock } = options;
    this.#calls = new SourceLimit(clock, CALLS);
    this.#challenges = new SourceLimit(clock, CHALLENGES_EACH, CHALLENGES_ALL);
    this.#pings = new SourceLimit(clock, PINGS);
    this.#foreignLines = new TokenBucket(clock, LINES, LINES_INTERVAL);
    this.#loginLines = new TokenBucket(clock, LINES, LINES_INTERVAL);
  }

  /** Whose password a request has shown that was taken; undefined for those who may call without. */
  callerOf(request: SipRequest): string | undefined {
    return this.#callers.get(request)?.username;
  }

  /** Makes the value of Authentication-Info for an answer to such a request; it is given the body of that. */
  proofFor(request: SipRequest): ((body: Buffer) => string) | undefined {
    return this.#callers.get(request)?.proof;
  }

  /** The answer that somebody who may not call is to get, where it is not silence. */
  refusalOf(request: SipRequest): Refusal | undefined {
    return this.#refusals.get(request);
  }

  screen(request: SipRequest, source: Endpoint): Screening {
    if (request.toTag !== undefined) return this.#inDialog(request, source);
    const refusal = this.options.admit({ uri: request.from.uri, source });
    if (SCANNERS.test(request.headers.get('User-Agent') ?? '')) return this.#drop(request, source, 'a scanner');
    if (request.method === 'NOTIFY') return this.#unasked(request, source, refusal === undefined);
    if (refusal === undefined) return this.#accepted(request, source);
    if (request.method === 'OPTIONS' && this.options.servers().has(source.address)) return this.#pong(request, source);
    if (!CHALLENGED.has(request.method)) return 'drop';
    const challenge = this.#challenge(request, source);
    if (challenge !== 'off') return challenge;
    if (request.method !== 'INVITE') return 'drop';
    if (refusal.status === 0) return this.#drop(request, source, refusal.reason ?? 'not let in');
    // Whoever gets an answer of the policy's gets it once: that needs a transaction.
    this.#refusals.set(request, refusal);
    return 'take';
  }

  /**
   * What is told unasked. Whoever may not call may still be a server of ours; and whoever may call is none: what servers alone
   * may say he says with a password, and hears a refusal where he cannot be asked for one.
   */
  #unasked(request: SipRequest, source: Endpoint, mayCall: boolean): Screening {
    const standing = this.options.standingOf(request, source);
    if (standing === 'known') return 'take';
    const refused = mayCall ? 'take' : 'drop';
    if (standing === 'unknown') return refused;
    const challenge = this.#challenge(request, source);
    return challenge === 'off' || challenge === 'drop' ? refused : challenge;
  }

  #inDialog(request: SipRequest, source: Endpoint): Screening {
    const { isInDialog, servers, strangers, log } = this.options;
    if (isInDialog(request, source) || servers().has(source.address)) return this.#referral(request, source) ?? 'take';
    // The same answer whether the dialog is unknown or not theirs, and as seldom: a guess learns nothing.
    if (this.#foreignLines.take()) log.warn('agent.foreign-request', { method: request.method, from: source.address });
    return strangers.take(source.address) ? 'take' : 'drop';
  }

  /**
   * A REFER in a call whose caller nothing but a password lets in: the first one shows it again. An address and what can be
   * overheard of a dialog are enough to end such a call, and not to hand a visitor over.
   */
  #referral(request: SipRequest, source: Endpoint): Screening | undefined {
    const call = request.method === 'REFER' ? this.options.callOf(request) : undefined;
    if (call?.authenticatedAs === undefined || this.#mayRefer.has(call)) return undefined;
    const verdict = this.options.authenticator.judge(request, source.address);
    if (verdict.kind === 'off') return 'drop';
    if (verdict.kind !== 'right') return this.#withoutPassword(verdict, request, source);
    if (verdict.username !== call.authenticatedAs) return this.#small(request, createResponse(request, 403));
    this.#mayRefer.add(call);
    this.#callers.set(request, verdict);
    return 'take';
  }

  /** A server that may not call asks whether we are there, and takes the binding away from who is silent. */
  #pong(request: SipRequest, source: Endpoint): Screening {
    if (!parseUri(request.requestUri).ok || !this.#pings.take(source.address)) return 'drop';
    return this.#small(request, createResponse(request, 200));
  }

  #small(request: SipRequest, response: SipResponse): Screening {
    return this.options.strangers.fits(response, request) ? response : 'drop';
  }

  /** Everything of those who may call, but not any number of calls, and no more than can be done. */
  #accepted(request: SipRequest, source: Endpoint): Screening {
    const overload = this.options.overload?.(request, source);
    if (overload !== undefined) return this.#small(request, overload);
    if (request.method !== 'INVITE' || this.#calls.take(source.address)) return 'take';
    if (!this.options.strangers.take(source.address)) return 'drop';
    return createResponse(request, 503, { headers: [['Retry-After', RETRY_AFTER]] });
  }

  #challenge(request: SipRequest, source: Endpoint): Screening | 'off' {
    const verdict = this.#asksForUs(request) ? this.options.authenticator.judge(request, source.address) : NAMELESS;
    if (verdict.kind === 'off') return 'off';
    if (verdict.kind !== 'right') return this.#withoutPassword(verdict, request, source);
    if (!this.#calls.take(source.address)) return this.#drop(request, source, 'calls too often');
    this.#callers.set(request, verdict);
    return 'take';
  }

  /** Scanners call numbers; who knows the door knows its name. Passwords are not for guessing at any. */
  #asksForUs(request: SipRequest): boolean {
    const uri = parseUri(request.requestUri);
    // OPTIONS to an address alone is how scanners find what speaks SIP.
    if (!uri.ok || (request.method === 'OPTIONS' && uri.value.user === undefined)) return false;
    return this.options.isOurName(uri.value.user);
  }

  #withoutPassword(verdict: Failed, request: SipRequest, source: Endpoint): Screening {
    if (verdict.kind === 'locked') return this.#drop(request, source, 'too many wrong passwords');
    if (verdict.kind === 'wrong') this.#sayWrong(verdict.tries, source);
    return this.#demand(request, source, verdict.kind === 'unknown' && verdict.stale);
  }

  /** The 401 (§22.2), with as many of the challenges as there is room for: at least one, or nothing is said. */
  #demand(request: SipRequest, source: Endpoint, stale: boolean): Screening {
    const { authenticator, strangers } = this.options;
    if (!this.#challenges.take(source.address)) return 'drop';
    const challenges = authenticator.challenges(source.address, stale);
    const headers = fittingChallenges(request, challenges, (response) => strangers.fits(response, request));
    return headers === undefined ? 'drop' : createResponse(request, 401, { headers });
  }

  #sayWrong(tries: number, source: Endpoint): void {
    if (this.#loginLines.take()) this.options.log.warn('agent.wrong-password', { from: source.address, tries });
  }

  /** Silence; of calls somebody hears, now and then. */
  #drop(request: SipRequest, source: Endpoint, why: string): 'drop' {
    const { strangers, refused } = this.options;
    if (request.method !== 'INVITE') return 'drop';
    const call = `${source.address} ${request.callId}`;
    if (this.#told.has(call) || !strangers.take(source.address)) return 'drop';
    this.#told.add(call);
    for (const oldest of this.#told) {
      if (this.#told.size <= MAXIMUM_TOLD) break;
      this.#told.delete(oldest);
    }
    refused(request.from.uri, source, why);
    return 'drop';
  }
}

/** A request that is not let in by its password. */
type Failed = Exclude<CallerVerdict, { readonly kind: 'off' | 'right' }>;

const NAMELESS = { kind: 'off' } as const;
