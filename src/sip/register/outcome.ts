// What a registrar's final answer means for a binding: RFC 3261 §10.2.1, §10.2.4, §10.2.8, §10.3. Pure.

import { type Millis, seconds } from '../../base/units.ts';
import { parseUri, urisEqual } from '../message/index.ts';
import type { NameAddress, SipResponse } from '../message/types.ts';

/** The answer to one REGISTER, challenges that could be answered excepted. */
export type RegisterOutcome = RegisterSuccess | RegisterUnavailable | RegisterRefusal;

export interface RegisterSuccess {
  readonly kind: 'success';
  /** What is left of the binding's life; undefined where our contact is not among those listed. */
  readonly listed: Millis | undefined;
  /** The life of a binding that the answer does not list: Expires, where the registrar says it. */
  readonly stated: Millis | undefined;
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
  /** Every other status. */
  | ({ readonly kind: 'refused' } & RegisterFailure);

const UNAVAILABLE = new Set([408, 480, 500, 502, 503, 504]);

/** @param contact the URI that we register */
export function readOutcome(response: SipResponse, contact: string): RegisterOutcome {
  const { status, reason: phrase } = response;
  if (status < 300) {
    return { kind: 'success', listed: lifeOf(response, contact), stated: secondsOf(response, 'Expires') };
  }
  if (status === 401 || status === 407) return { kind: 'not authenticated', status };
  const retryAfter = secondsOf(response, 'Retry-After');
  if (status === 423) {
    const minimum = secondsOf(response, 'Min-Expires');
    if (minimum !== undefined) return { kind: 'interval too brief', minimum };
  }
  return { kind: UNAVAILABLE.has(status) ? 'unavailable' : 'refused', status, phrase, retryAfter };
}

/** What is left of our binding's life as a 2xx to REGISTER lists it: its own `expires`, else the Expires header (§10.2.4). */
function lifeOf(response: SipResponse, contact: string): Millis | undefined {
  const own = ownBinding(response, contact);
  if (own === undefined) return undefined;
  const parameter = own.parameters.get('expires');
  if (typeof parameter === 'string' && /^[0-9]{1,10}$/.test(parameter)) return seconds(Number(parameter));
  return secondsOf(response, 'Expires') ?? DEFAULT_LIFE;
}

/** §10.2: the life of a binding of which nobody says anything. */
const DEFAULT_LIFE = seconds(3600);

function ownBinding(response: SipResponse, contact: string): NameAddress | undefined {
  const own = parseUri(contact);
  const listed = response.addresses('Contact');
  if (!own.ok || !listed.ok) return undefined;
  return listed.value.find(({ uri }) => {
    const other = parseUri(uri);
    return other.ok && urisEqual(own.value, other.value);
  });
}

function secondsOf(response: SipResponse, header: 'Expires' | 'Min-Expires' | 'Retry-After'): Millis | undefined {
  const value = response.integer(header);
  return value.ok && value.value !== undefined ? seconds(value.value) : undefined;
}
