// Enrollment at one server: a subscription of its own for each kind of profile (RFC 6080 §5.1.1), as long as the server is
// the one to go by.

import type { Clock } from '../../../base/clock.ts';
import type { Log } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import type { Secret } from '../../../base/secret.ts';
import { type Millis, millis, minutes } from '../../../base/units.ts';
import { type Account, type EventAgent, formatUri, parseUri, type SipUri } from '../../../sip/index.ts';
import {
  type DeviceKind,
  deviceProfileUri,
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
  /** Domain of the network that we are in, as DHCP says; undefined: no profile of it is asked for. */
  readonly localDomain?: string;
  /** Whose profiles are asked for beside the device's: accounts of this server's domain. */
  readonly users?: readonly Account[];
  /** A fleet starts within this time after a power cut. */
  readonly spread?: Millis;
  readonly offered: (offer: ProfileOffer) => void;
  readonly changed?: (type: ProfileType, state: EnrollmentState, why: string | undefined) => void;
}

/** How it stands with one profile. */
export interface EnrollmentStatus {
  readonly type: ProfileType;
  readonly uri: string;
  readonly state: EnrollmentState;
}

/** RFC 6080 §5.1.4.1. */
const ANONYMOUS = 'sip:anonymous@anonymous.invalid';

/** The subscriptions at one server. */
export class Enrollment {
  readonly #enrollments: readonly (readonly [type: ProfileType, enrollment: ProfileEnrollment])[];
  /** Sent with every SUBSCRIBE; what it says changes as the device's state does. */
  readonly #headers: (readonly [name: string, value: string])[] = [];
  #report = '';

  constructor(private readonly options: EnrollmentOptions) {
    this.#enrollments = addressesFor(options).map(([type, address]) => [type, this.#enrollmentFor(type, address)]);
  }

  get statuses(): readonly EnrollmentStatus[] {
    return this.#enrollments.map(([type, { uri, state }]) => ({ type, uri, state }));
  }

  /** Begins, in the order of RFC 6080 §5.3.2. @param report how it stands with the profile, for the server */
  start(report?: ProfileReport): void {
    if (report !== undefined) this.#setReport(report);
    for (const [, enrollment] of this.#enrollments) enrollment.start(this.options.spread ?? millis(0));
  }

  /** What became of a profile: the server hears of it at once. */
  report(report: ProfileReport): void {
    if (!this.#setReport(report)) return;
    for (const [type, enrollment] of this.#enrollments) if (type === 'device') enrollment.refresh();
  }

  /** Asks again what there is, as far as it is subscribed. */
  refresh(): void {
    for (const [, enrollment] of this.#enrollments) enrollment.refresh();
  }

  networkChanged(): void {
    for (const [, enrollment] of this.#enrollments) enrollment.networkChanged();
  }

  stop(): void {
    for (const [, enrollment] of this.#enrollments) enrollment.stop();
  }

  #setReport(report: ProfileReport): boolean {
    const text = formatReport(report);
    if (text === this.#report) return false;
    this.#report = text;
    this.#headers.splice(0, this.#headers.length, [REPORT_HEADER, text]);
    return true;
  }

  #enrollmentFor(type: ProfileType, address: EnrollmentAddress): ProfileEnrollment {
    const { clock, random, log, agent, server, device, offered, changed } = this.options;
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

/** RFC 6080 §5.1.4: for each profile where it is asked for, and as whom. */
function addressesFor(options: EnrollmentOptions): readonly (readonly [ProfileType, EnrollmentAddress])[] {
  const { server, device, localDomain, users = [] } = options;
  const parsed = parseUri(server.uri);
  if (!parsed.ok) return [];
  const local = localDomain === undefined ? [] : [addressOf('local-network', localNetworkUri(localDomain), ANONYMOUS)];
  const own = parsed.value.user === undefined ? deviceUriAt(parsed.value, device.instance) : server.uri;
  const from = parsed.value.user === undefined ? formatUri(anonymousAt(parsed.value)) : server.uri;
  const credentials = isSecure(parsed.value) ? credentialsOf(options) : {};
  return [
    ...local,
    addressOf('device', own, from, credentials),
    ...users.map((account) => ['user', { uri: account.uri, account }] as const),
  ];
}

function addressOf(
  type: ProfileType,
  uri: string,
  from: string,
  credentials: Pick<Account, 'username' | 'password'> = {},
): readonly [ProfileType, EnrollmentAddress] {
  return [type, { uri, account: { uri: from, expires: minutes(60), register: false, ...credentials } }];
}

/** §5.1.4.2. */
function anonymousAt({ host }: SipUri): SipUri {
  const nothing = { password: undefined, port: undefined, parameters: new Map(), headers: new Map() };
  return { scheme: 'sip', user: 'anonymous', host, ...nothing };
}

/** The device's own URI at the server's port, by the server's transport. */
function deviceUriAt(server: SipUri, instance: string): string {
  const plain = parseUri(deviceProfileUri(instance, 'host.invalid'));
  return formatUri({ ...server, user: plain.ok ? plain.value.user : undefined, headers: new Map() });
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
