// The event package `ua-profile` (RFC 6080 §6): its parameters and the URIs that it is subscribed at. Texts of the field
// quote what the RFC has as tokens, and the other way round: both are read.

import { PROFILE_TYPES, type ProfileType } from '../../config/index.ts';

export const PROFILE_EVENT = 'ua-profile';

/** What a device says of itself (RFC 6080 §6.2.2). */
export interface DeviceKind {
  /** A domain name of the maker's. */
  readonly vendor: string;
  readonly model: string;
  readonly version: string;
}

/** The parameters of one SUBSCRIBE. */
export interface ProfileEvent extends DeviceKind {
  readonly type: ProfileType;
}

/** Nobody's name is longer; what is longer is cut. */
const LONGEST = 64;

/** Value of the Event header of a SUBSCRIBE. @param quoted multicast responders of the field want it so */
export function formatProfileEvent({ type, vendor, model, version }: ProfileEvent, quoted = false): string {
  const profileType = quoted ? `"${type}"` : type;
  return `${PROFILE_EVENT};profile-type=${profileType};vendor=${quote(vendor)};model=${quote(model)};version=${quote(version)}`;
}

/**
 * What a SUBSCRIBE asks for. A type that is missing or not known is taken for `device`: it is the only one that phones of
 * the field know, some by the name `application`.
 * @param parameters as parsed, with or without quotes
 */
export function readProfileEvent(parameters: ReadonlyMap<string, string | true>): ProfileEvent {
  const text = (name: string): string => unquote(parameters.get(name)).slice(0, LONGEST);
  const type = text('profile-type').toLowerCase();
  return {
    type: PROFILE_TYPES.find((known) => known === type) ?? 'device',
    vendor: text('vendor'),
    model: text('model'),
    version: text('version'),
  };
}

/** RFC 6080 §6.2.3: seconds; undefined where the text has none, or what is no number. */
export function readEffectiveBy(parameters: ReadonlyMap<string, string | true>): number | undefined {
  const text = unquote(parameters.get('effective-by'));
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** RFC 6080 §5.1.4.2: a device with a hardware address is the version 1 UUID of it, with a time of zero. */
const MAC_UUID = 'urn:uuid:00000000-0000-1000-8000-';

/** @param mac twelve small hexadecimal digits */
export function urnOfMac(mac: string): string {
  return `${MAC_UUID}${mac}`;
}

/** The hardware address that a URN is made of; undefined where it is made of chance. */
export function macOfUrn(urn: string): string | undefined {
  return urn.startsWith(MAC_UUID) ? urn.slice(MAC_UUID.length) : undefined;
}

/** The Request-URI of a device profile (RFC 6080 §5.1.4.2): `sip:urn%3auuid%3a…@domain`. @param urn `urn:uuid:…` */
export function deviceProfileUri(urn: string, domain: string, scheme: 'sip' | 'sips' = 'sip'): string {
  return `${scheme}:${urn.replaceAll(':', '%3a')}@${domain}`;
}

/** The Request-URI of a local-network profile: without a user, so that it differs from a device's (RFC 6080 §5.1.4.1). */
export function localNetworkUri(domain: string): string {
  return `sip:_sipuaconfig.${domain}`;
}

/** `urn:uuid:…` of a user part, in lower case; undefined where it is none. */
export function urnOfUser(user: string): string | undefined {
  const urn = user.replace(/%3a/gi, ':').toLowerCase();
  return /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(urn) ? urn : undefined;
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

function unquote(value: string | true | undefined): string {
  if (typeof value !== 'string') return '';
  return value.startsWith('"') && value.endsWith('"') && value.length > 1
    ? value.slice(1, -1).replace(/\\(.)/g, '$1')
    : value;
}
