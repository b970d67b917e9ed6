// Session timers (RFC 4028), as decisions: what is asked for and answered, who refreshes, what happens when. Nothing here
// sends or waits; session-refresh.ts does. Times are whole seconds, as on the wire.

import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts';
import type { Table } from '../transaction/machine.ts';
import { optionTags } from './peer-capabilities.ts';

type HeaderList = readonly (readonly [name: string, value: string])[];

/** Option tag. */
export const TIMER = 'timer';

/** §4, §5: nobody may ask for less, and who answers less is not followed: refreshes would come as fast as it likes. */
export const LEAST_INTERVAL = 90;
/** Longer than any call; a timer of the system would not hold much more. */
const LONGEST_INTERVAL = 1_000_000;

/** What holds for a session since its latest 2xx. */
export interface Terms {
  /** The session interval. */
  readonly interval: number;
  readonly refresher: 'us' | 'peer';
}

type Role = 'uac' | 'uas';

interface SessionExpires {
  readonly interval: number;
  readonly refresher: Role | undefined;
}

/** §4. A malformed one is none. */
export function readSessionExpires(message: SipMessage): SessionExpires | undefined {
  const [, seconds, parameters = ''] =
    /^(\d{1,10})[ \t]*((?:;.*)?)$/.exec(message.headers.get('Session-Expires') ?? '') ?? [];
  if (seconds === undefined) return undefined;
  const [, role] = /;[ \t]*refresher[ \t]*=[ \t]*(uac|uas)[ \t]*(?:;|$)/i.exec(parameters) ?? [];
  const refresher = role?.toLowerCase();
  return { interval: Number(seconds), refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

/** §5: 90 where there is none. */
export function readMinimum(message: SipMessage): number {
  const [, seconds] = /^(\d{1,10})[ \t]*(?:;|$)/.exec(message.headers.get('Min-SE') ?? '') ?? [];
  return Math.max(LEAST_INTERVAL, Math.min(Number(seconds ?? 0), LONGEST_INTERVAL));
}

/** Table 2 of §9: who refreshes, by whether the caller knows timers and whom it has named. "NA" is answered as none. */
const REFRESHER: Readonly<Record<'knows' | 'does not know', Readonly<Record<Role | 'none', Role>>>> = {
  'does not know': { none: 'uas', uac: 'uas', uas: 'uas' },
  // Left to us, we do it ourselves: then it depends on nobody else.
  knows: { none: 'uas', uac: 'uac', uas: 'uas' },
};

/** What a request for a session timer is answered with, in its 2xx. */
export interface TimerAnswer {
  readonly terms: Terms | undefined;
  readonly headers: HeaderList;
}

/** §9: the least interval for the 422 that a request gets which asks for less; undefined where it does not. */
export function leastFor(request: SipRequest): number | undefined {
  const asked = readSessionExpires(request);
  // Who does not know timers could not do anything with a 422; some proxy on the way has asked (§8.1).
  return asked !== undefined && asked.interval < LEAST_INTERVAL && knowsTimers(request) ? LEAST_INTERVAL : undefined;
}

/**
 * §9: how a request to begin or to refresh a session is answered.
 * @param wanted what we would have; undefined: no timer, unless somebody else asks for one
 */
export function answerTimer(request: SipRequest, wanted: number | undefined): TimerAnswer {
  const asked = readSessionExpires(request);
  const knows = knowsTimers(request);
  const ours = knows && wanted !== undefined ? Math.max(wanted, readMinimum(request)) : undefined;
  const interval = asked === undefined ? ours : asked.interval;
  if (interval === undefined || interval < LEAST_INTERVAL) return { terms: undefined, headers: [] };
  const refresher = REFRESHER[knows ? 'knows' : 'does not know'][asked?.refresher ?? 'none'];
  const required: HeaderList = knows ? [['Require', TIMER]] : [];
  return {
    terms: { interval: bounded(interval), refresher: refresher === 'uas' ? 'us' : 'peer' },
    headers: [...required, ['Session-Expires', `${interval};refresher=${refresher}`]],
  };
}

const knowsTimers = (request: SipRequest): boolean =>
  optionTags(request, 'Supported').includes(TIMER) || optionTags(request, 'Require').includes(TIMER);

const bounded = (interval: number): number => Math.min(Math.max(interval, LEAST_INTERVAL), LONGEST_INTERVAL);

/** What a request of ours that begins or refreshes a session says (§7.1, §7.4). */
export interface Asking {
  readonly wanted: number | undefined;
  /** What holds now; undefined before the first 2xx, or where there is no timer. */
  readonly terms: Terms | undefined;
  /** The largest Min-SE of 422s, and of the peer's requests in the dialog; 0: none. */
  readonly minimum: number;
}

export function askTimer({ wanted, terms, minimum }: Asking): HeaderList {
  const interval = terms?.interval ?? wanted;
  const least: HeaderList = minimum > 0 ? [['Min-SE', String(minimum)]] : [];
  if (interval === undefined) return least;
  // §7.4: the roles stay as they are; §7.1: at first the other side may choose.
  const refresher = terms === undefined ? '' : `;refresher=${terms.refresher === 'us' ? 'uac' : 'uas'}`;
  return [['Session-Expires', `${Math.max(interval, minimum)}${refresher}`], ...least];
}

/**
 * §7.2: what a 2xx to a request of ours has settled. A peer that knows no timers says nothing of them: then we refresh
 * by ourselves, where we want one.
 */
export function settledTimer(
  request: SipRequest,
  response: SipResponse,
  wanted: number | undefined,
): Terms | undefined {
  const asked = readSessionExpires(request);
  const answered = readSessionExpires(response);
  if (answered !== undefined) {
    const refresher = answered.refresher ?? asked?.refresher ?? 'uac';
    return { interval: bounded(answered.interval), refresher: refresher === 'uac' ? 'us' : 'peer' };
  }
  return asked === undefined || wanted === undefined
    ? undefined
    : { interval: bounded(asked.interval), refresher: 'us' };
}

/**
 * - `off`: no timer
 * - `refreshing`: we refresh, at half of the interval
 * - `refresh sent`, `tried twice`: it is half over, and the refresh has no 2xx yet
 * - `watching`: the peer refreshes
 */
export type TimerState = 'off' | 'refreshing' | 'refresh sent' | 'tried twice' | 'watching';

export type TimerEvent =
  /** A 2xx has settled that we refresh, that the peer does, or that nobody does. */
  | 'settled: us'
  | 'settled: peer'
  | 'settled: nobody'
  /** Half of the interval is over, or after a refusal another quarter. */
  | 'refresh due'
  /** The refresh was refused, and not so that the dialog is lost. */
  | 'refused'
  /** The session expires; for who does not refresh somewhat earlier. */
  | 'expiry';

export type TimerAction =
  | 'start'
  | 'stop'
  | 'send refresh'
  /** After a quarter of the interval. */
  | 'try again'
  /** BYE. */
  | 'end session';

const ours = { rfc: '4028 §7.2, §9', to: 'refreshing', actions: ['stop', 'start'] } as const;
const theirs = { rfc: '4028 §7.2, §9', to: 'watching', actions: ['stop', 'start'] } as const;
const nobodys = { rfc: '4028 §7.2', to: 'off', actions: ['stop'] } as const;
const settled = { 'settled: us': ours, 'settled: peer': theirs, 'settled: nobody': nobodys } as const;
const expired = { rfc: '4028 §10', to: 'off', actions: ['stop', 'end session'] } as const;

/** §10. A refresh that times out, or gets 408 or 481, loses the dialog: that is not said here (RFC 3261 §12.2.1.2). */
export const sessionTimer: Table<TimerState, TimerEvent, TimerAction> = {
  off: settled,
  refreshing: {
    ...settled,
    'refresh due': { rfc: '4028 §7.2', to: 'refresh sent', actions: ['send refresh'] },
    expiry: expired,
  },
  'refresh sent': {
    ...settled,
    refused: { rfc: '4028 §10', actions: ['try again'] },
    'refresh due': { rfc: '4028 §10', to: 'tried twice', actions: ['send refresh'] },
    expiry: expired,
  },
  'tried twice': { ...settled, expiry: expired },
  watching: { ...settled, expiry: expired },
};

/** When a session is refreshed, and when it is given up, after a 2xx (§7.2, §10). */
export function moments({ interval, refresher }: Terms): { readonly refresh: number; readonly expiry: number } {
  const early = refresher === 'us' ? 0 : Math.min(32, interval / 3);
  return { refresh: interval / 2, expiry: interval - early };
}
