// Enrollment for one profile at one server, as long as the server is the one to go by: each profile has a subscription of
// its own (RFC 6080 §5.1.1).

import type { Clock } from '../../../base/clock.ts';
import type { Log } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import type { Secret } from '../../../base/secret.ts';
import { type Millis, millis, minutes } from '../../../base/units.ts';
import { type Account, type EventAgent, formatUri, parseUri, type SipUri } from '../../../sip/index.ts';
import {
  type DeviceKind,
  deviceUriAt,
  formatProfileEvent,
  formatReport,
  localNetworkUri,
  type ProfileReport,
  type ProfileType,
  REPORT_HEADER,
} from '../../event/index.ts';
import type { ProfileOffer, ServerFound } from '../types.ts';
import type { EnrollmentState } from './enrollment-machine.ts';
import { type EnrollmentAddress, ProfileEnrollment } from './profile-enrollment.ts';

/** What a device says of itself. */
export interface EnrolledDevice extends DeviceKind {
  /** `urn:uuid:…`, the same as at registrars (RFC 6080 §5.1.4.1). */
  readonly instance: string;
}

export interface EnrollmentOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly agent: Pick<EventAgent, 'subscribe'>;
  /** sip: or sips:, with a user where the device has an address of its own there (RFC 6080 §5.1.4.2). */
  readonly server: ServerFound;
  readonly device: EnrolledDevice;
  /** For the server's challenges: by TLS alone (RFC 6080 §5.2.1). */
  readonly username?: string;
  readonly password?: Secret;
  /** Which profile is asked for; left out: the device's. */
  readonly profile?: EnrolledProfile;
  /** A fleet starts within this time after a power cut. */
  readonly spread?: Millis;
  readonly offered: (offer: ProfileOffer) => void;
  readonly changed?: (type: ProfileType, state: EnrollmentState, why: string | undefined) => void;
}

/** Whose profile is asked for. */
export type EnrolledProfile =
  | { readonly type: 'device' }
  /** Of the network that we are in, by the domain that DHCP names. */
  | { readonly type: 'local-network'; readonly domain: string }
  | { readonly type: 'user'; readonly account: Account };

/** How it stands with one profile. */
export interface EnrollmentStatus {
  readonly type: ProfileType;
  readonly uri: string;
  readonly state: EnrollmentState;
}

/** RFC 6080 §5.1.4.1. */
const ANONYMOUS = 'sip:anonymous@anonymous.invalid';

/** The subscription for one profile at one server. */
export class Enrollment {
  /** Undefined: the server's address is none. */
  readonly #enrollment: ProfileEnrollment | undefined;
  readonly #type: ProfileType;
  /** Sent with every SUBSCRIBE; what it says changes as the device's state does. */
  readonly #headers: (readonly [name: string, value: string])[] = [];
  #report = '';

  constructor(private readonly options: EnrollmentOptions) {
    const address = addressFor(options);
    this.#type = options.profile?.type ?? 'device';
    this.#enrollment = address === undefined ? undefined : this.#enrollmentAt(address);
  }

  get status(): EnrollmentStatus | undefined {
    if (this.#enrollment === undefined) return undefined;
    const { uri, state } = this.#enrollment;
    return { type: this.#type, uri, state };
  }

  /** Begins. @param report how it stands with the profile, for the server */
  start(report?: ProfileReport): void {
    if (report !== undefined) this.#setReport(report);
    this.#enrollment?.start(this.options.spread ?? millis(0));
  }

  /** What became of a profile: the server hears of it at once. */
  report(report: ProfileReport): void {
    if (this.#setReport(report)) this.#enrollment?.refresh();
  }

  /** Asks again what there is, as far as it is subscribed. */
  refresh(): void {
    this.#enrollment?.refresh();
  }

  networkChanged(): void {
    this.#enrollment?.networkChanged();
  }

  stop(): void {
    this.#enrollment?.stop();
  }

  #setReport(report: ProfileReport): boolean {
    const text = formatReport(report);
    if (text === this.#report) return false;
    this.#report = text;
    this.#headers.splice(0, this.#headers.length, [REPORT_HEADER, text]);
    return true;
  }

  #enrollmentAt(address: EnrollmentAddress): ProfileEnrollment {
    const { clock, random, log, agent, server, device, offered, changed } = this.options;
    const type = this.#type;
    return new ProfileEnrollment({
      clock,
      random,
      log,
      agent,
      server,
      type,
      addresses: [address],
      event: formatProfileEvent({ ...device, type }),
      instance: device.instance,
      headers: this.#headers,
      offered,
      changed: (state, why) => {
        log.info('provisioning.enrollment', { type, server: server.uri, state, why });
        changed?.(type, state, why);
      },
    });
  }
}

/** RFC 6080 §5.1.4: where a profile is asked for, and as whom. */
function addressFor(options: EnrollmentOptions): EnrollmentAddress | undefined {
  const { server, device, profile = { type: 'device' } } = options;
  switch (profile.type) {
    case 'local-network':
      return addressOf(localNetworkUri(profile.domain), ANONYMOUS);
    case 'user':
      // Its challenges are answered as those to its REGISTER are, which are told no less in the clear.
      return { uri: profile.account.uri, account: profile.account };
    case 'device': {
      const parsed = parseUri(server.uri);
      if (!parsed.ok) return undefined;
      const own = parsed.value.user === undefined ? deviceUriAt(parsed.value, device.instance) : server.uri;
      const from = parsed.value.user === undefined ? formatUri(anonymousAt(parsed.value)) : server.uri;
      return addressOf(own, from, isSecure(parsed.value) ? credentialsOf(options) : {});
    }
  }
}

function addressOf(
  uri: string,
  from: string,
  credentials: Pick<Account, 'username' | 'password'> = {},
): EnrollmentAddress {
  return { uri, account: { uri: from, expires: minutes(60), register: false, ...credentials } };
}

/** §5.1.4.2. */
function anonymousAt({ host }: SipUri): SipUri {
  const nothing = { password: undefined, port: undefined, parameters: new Map(), headers: new Map() };
  return { scheme: 'sip', user: 'anonymous', host, ...nothing };
}

/** §5.2.1: without TLS no challenge is answered; a name that DNS may lead to TLS is not enough. */
function isSecure({ scheme, parameters }: SipUri): boolean {
  const transport = parameters.get('transport');
  return scheme === 'sips' || (typeof transport === 'string' && transport.toLowerCase() === 'tls');
}

function credentialsOf({ username, password }: EnrollmentOptions): Pick<Account, 'username' | 'password'> {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}
