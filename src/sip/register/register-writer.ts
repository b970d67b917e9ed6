// The REGISTER requests of one flow: one Call-ID for as long as we run, and a CSeq that rises with each (RFC 3261 §10.2,
// §10.2.4; RFC 5626 §4.2.1: each flow has a Call-ID of its own).

import type { Random } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import { createRequest, formatNameAddress } from '../message/index.ts';
import type { NameAddress, Parameters, SipRequest } from '../message/types.ts';

/** By which way a REGISTER goes. */
export interface Hop {
  /** The registrar as Request-URI. */
  readonly requestUri: string;
  /** Values of Route. */
  readonly routes: readonly string[];
  /** The URI whose host is asked for addresses (RFC 3261 §8.1.2). */
  readonly nextHop: string;
}

/** What is said of the device and of its preference in every Contact. */
export interface ContactTraits {
  /** The URN of this device (RFC 5626 §4.1); undefined: it has none to show. */
  readonly instance: string | undefined;
  /** Which flow of the device this is (RFC 5626 §4.2.1); undefined: no flow is asked for. */
  readonly regId: number | undefined;
  /** RFC 3261 §20.10: preferred before others of the same account, 0 to 1. */
  readonly preference: number | undefined;
}

export interface RegisterWriterOptions {
  readonly random: Random;
  /** The address of record: To and From. */
  readonly identity: NameAddress;
  readonly userAgent: string;
  readonly traits: ContactTraits;
  /** Event packages that are taken unasked, as of now: registrars of the field look for `check-sync` here. */
  readonly allowEvents?: () => readonly string[];
}

/** What one request is to say. */
export interface RegisterText {
  readonly hop: Hop;
  /** Whether a flow is asked for: RFC 5626 §4.2.1. */
  readonly outbound: boolean;
  /** The life that is asked for; 0 removes. */
  readonly expires: Millis;
}

/** Writes the requests of one flow. */
export class RegisterWriter {
  readonly #callId: string;
  readonly #fromTag: string;
  #sequence = 0;

  constructor(private readonly options: RegisterWriterOptions) {
    this.#callId = options.random.hex(16);
    this.#fromTag = options.random.hex(8);
  }

  /** A REGISTER without Contact, which asks what is bound (RFC 3261 §10.2.3). */
  write({ hop, outbound }: Pick<RegisterText, 'hop' | 'outbound'>): SipRequest {
    const { identity, userAgent, allowEvents = () => [] } = this.options;
    const events = allowEvents();
    const address = { displayName: identity.displayName, uri: identity.uri };
    this.#sequence += 1;
    return createRequest({
      method: 'REGISTER',
      requestUri: hop.requestUri,
      headers: [
        ...hop.routes.map((route) => ['Route', route] as const),
        ['Max-Forwards', '70'],
        ['From', formatNameAddress({ ...address, parameters: new Map([['tag', this.#fromTag]]) })],
        ['To', formatNameAddress(address)],
        ['Call-ID', this.#callId],
        ['CSeq', `${this.#sequence} REGISTER`],
        // RFC 3327 §5.1, RFC 5627 §4.1, RFC 5626 §4.2.1.
        ['Supported', outbound ? 'path, gruu, outbound' : 'path, gruu'],
        ...(events.length === 0 ? [] : [['Allow-Events', events.join(', ')] as const]),
        ['User-Agent', userAgent],
      ],
    });
  }

  /**
   * Writes into a request where we are to be reached, in place of what it said before.
   * @param stale URIs that we were reached at before, to be removed with it (RFC 3261 §10.2.2)
   */
  address(request: SipRequest, uri: string, stale: readonly string[], { outbound, expires }: RegisterText): void {
    const life = String(Math.round(expires / 1000));
    request.headers.remove('Contact');
    request.headers.append('Contact', formatNameAddress({ uri, parameters: this.#parameters(life, outbound) }));
    for (const old of stale) {
      request.headers.append('Contact', formatNameAddress({ uri: old, parameters: new Map([['expires', '0']]) }));
    }
    request.headers.set('Expires', life);
  }

  #parameters(life: string, outbound: boolean): Parameters {
    const { instance, regId, preference } = this.options.traits;
    const parameters = new Map([['expires', life]]);
    if (preference !== undefined) parameters.set('q', String(preference));
    if (instance === undefined) return parameters;
    parameters.set('+sip.instance', `<${instance}>`);
    // RFC 5626 §6: a reg-id without an instance means nothing.
    return outbound && regId !== undefined ? parameters.set('reg-id', String(regId)) : parameters;
  }
}
