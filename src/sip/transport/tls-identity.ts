// Which SIP domains a certificate is good for: RFC 5922 §7.1, §7.2. Pure; that the certificate itself can be trusted
// (its chain, its dates) is found out before.

import { hostsEqual, isIpAddress, parseUri } from '../message/index.ts';

/** The parts of a certificate that name somebody. */
export interface NamedCertificate {
  /** As node:crypto writes it: `DNS:a.example, URI:sip:a.example, IP Address:192.0.2.1`; undefined: it has none. */
  readonly subjectAltName: string | undefined;
  /** CN of the subject; several where there are several. */
  readonly commonNames: readonly string[];
}

interface AlternativeName {
  readonly type: string;
  readonly value: string;
}

/**
 * The SIP domains that the certificate identifies (§7.1): the hosts of its `sip` URIs without a user; where it has none
 * of these, its DNS names; where it has no alternative names at all, its common names. Lower case.
 */
export function sipIdentities({ subjectAltName, commonNames }: NamedCertificate): readonly string[] {
  if (subjectAltName === undefined) return lowerCased(commonNames.filter(isDomainName));
  const names = readAlternativeNames(subjectAltName);
  const uris = valuesOf(names, 'URI').flatMap(domainOfUri);
  return lowerCased(uris.length > 0 ? uris : valuesOf(names, 'DNS'));
}

/**
 * Whether the certificate is good for `wanted`, the domain of the URI that was located (§7.3): whole names alike but for
 * case, no suffix, no wildcard (§7.2). A numeric address must stand among its IP addresses: §7 has no rule for it, and a
 * name of the same text would be no address.
 */
export function isGoodFor(certificate: NamedCertificate, wanted: string): boolean {
  if (sipIdentities(certificate).some((identity) => hostsEqual(identity, wanted))) return true;
  if (!isIpAddress(wanted)) return false;
  const addresses = valuesOf(readAlternativeNames(certificate.subjectAltName ?? ''), 'IP Address');
  return addresses.some((address) => hostsEqual(address, wanted));
}

/** What a certificate says that it is for, for a person. */
export function describeIdentities(certificate: NamedCertificate): string {
  const identities = sipIdentities(certificate).slice(0, 4);
  return identities.length === 0 ? 'nobody' : identities.join(', ');
}

/** A userpart names an individual, not a domain; other schemes than `sip` do not count (§7.1). */
function domainOfUri(text: string): string[] {
  if (!/^sip:/i.test(text) || text.includes('@')) return [];
  const uri = parseUri(text);
  return uri.ok && uri.value.user === undefined ? [uri.value.host] : [];
}

/** Reads the list. A value with a character that could begin another is in quotes, as JSON. */
function readAlternativeNames(text: string): AlternativeName[] {
  const names: AlternativeName[] = [];
  for (const [, type = '', quoted, plain = ''] of text.matchAll(
    /([^:,"]+):(?:("(?:[^"\\]|\\.)*")|([^,"]*))(?:, |$)/g,
  )) {
    names.push({ type: type.trim(), value: quoted === undefined ? plain : unquote(quoted) });
  }
  return names;
}

function unquote(quoted: string): string {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}

const valuesOf = (names: readonly AlternativeName[], type: string): string[] =>
  names.filter((name) => name.type === type).map(({ value }) => value);

/** §7.1 accepts a valid DNS name only; a common name is often a text for people. */
const isDomainName = (text: string): boolean =>
  text.length <= 253 && /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z][a-z0-9-]*\.?$/i.test(text);

const lowerCased = (names: readonly string[]): readonly string[] => names.map((name) => name.toLowerCase());
