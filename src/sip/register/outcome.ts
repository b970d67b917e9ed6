// What a registrar's final answer means for a binding: RFC 3261 §10.2.1, §10.2.4, §10.2.8, §10.3. Pure.

import { type Millis, seconds } from '../../base/units.ts';
import type { NameAddress, SipResponse } from '../message/types.ts';
import { findOwnBinding, type Grant, type OwnContact, readGrant } from './grant.ts';

/** The answer to one REGISTER, challenges that could be answered excepted. */
export type RegisterOutcome = RegisterSuccess | RegisterUnavailable | RegisterRefusal;

export interface RegisterSuccess {
  readonly kind: 'success';
  /** What is left of the binding's life; undefined where our contact is not among those listed. */
  readonly listed: Millis | undefined;
  /** Our contact's URI as the registrar writes it. */
  readonly listedAs: string | undefined;
  /** The life of a binding that the answer does not list: Expires, where the registrar says it. */
  readonly stated: Millis | undefined;
  readonly grant: Grant;
}

/** It may work in a moment: 408, 480, 5xx. */
export interface RegisterUnavailable extends RegisterFailure {
  readonly kind: 'unavailable';
}

interface RegisterFailure {
  readonly status: number;
  readonly phrase: string;
  readonly retryAfter: Millis | undefined;
}

/** It will not work until somebody changes something. */
export type RegisterRefusal =
  /** 423: ask for more (§10.2.8). */
  | { readonly kind: 'interval too brief'; readonly minimum: Millis }
  /** 401 or 407 that our credentials do not answer. */
  | { readonly kind: 'not authenticated'; readonly status: number }
  /** 439: the first hop knows no flows (RFC 5626 §11.6). */
  | { readonly kind: 'no outbound'; readonly status: number }
  /** 3xx, with the URIs to try instead, the best first (§21.3, §20.10). */
  | { readonly kind: 'redirected'; readonly status: number; readonly to: readonly string[] }
  /** Every other status. */
  | ({ readonly kind: 'refused' } & RegisterFailure);

const UNAVAILABLE = new Set([408, 480, 500, 502, 503, 504]);

/** @param own what we register */
export function readOutcome(response: SipResponse, own: OwnContact): RegisterOutcome {
  const { status, reason: phrase } = response;
  if (status < 300) return readSuccess(response, own);
  if (status < 400) return { kind: 'redirected', status, to: readAlternatives(response) };
  if (status === 401 || status === 407) return { kind: 'not authenticated', status };
  if (status === 439) return { kind: 'no outbound', status };
  // §20.33 names the statuses that Retry-After goes with; it is believed with any.
  const retryAfter = secondsOf(response, 'Retry-After');
  if (status === 423) {
    const minimum = secondsOf(response, 'Min-Expires');
    if (minimum !== undefined) return { kind: 'interval too brief', minimum };
  }
  return { kind: UNAVAILABLE.has(status) ? 'unavailable' : 'refused', status, phrase, retryAfter };
}

function readSuccess(response: SipResponse, contact: OwnContact): RegisterSuccess {
  const own = findOwnBinding(response, contact);
  return {
    kind: 'success',
    listed: own === undefined ? undefined : lifeOf(response, own),
    listedAs: own?.uri,
    stated: secondsOf(response, 'Expires'),
    grant: readGrant(response, own),
  };
}

/** What is left of our binding's life as a 2xx to REGISTER lists it: its own `expires`, else the Expires header (§10.2.4). */
function lifeOf(response: SipResponse, own: NameAddress): Millis {
  const parameter = own.parameters.get('expires');
  if (typeof parameter === 'string' && /^[0-9]{1,10}$/.test(parameter)) return seconds(Number(parameter));
  return secondsOf(response, 'Expires') ?? DEFAULT_LIFE;
}

/** §10.2: the life of a binding of which nobody says anything. */
const DEFAULT_LIFE = seconds(3600);

/** §20.10: `q` from 0 to 1; where nobody says it, all are alike, and the order of the list counts. */
function readAlternatives(response: SipResponse): readonly string[] {
  const contacts = response.addresses('Contact');
  if (!contacts.ok) return [];
  const preference = ({ parameters }: NameAddress): number => {
    const q = Number(parameters.get('q') ?? 1);
    return q >= 0 && q <= 1 ? q : 0;
  };
  return [...contacts.value].sort((one, other) => preference(other) - preference(one)).map(({ uri }) => uri);
}

function secondsOf(response: SipResponse, header: 'Expires' | 'Min-Expires' | 'Retry-After'): Millis | undefined {
  const value = response.integer(header);
  return value.ok && value.value !== undefined ? seconds(value.value) : undefined;
}
