// DTLS-SRTP in offer and answer (RFC 5763 §5, RFC 8842 §5): who shakes hands first (a=setup, RFC 4145 §4), by which
// certificate the peer is known, and whether a later description means the association that there is or a new one.

import { attributeOf } from './audio.ts';
import { type Fingerprint, fingerprintAttribute, fingerprintsOf, sameFingerprints } from './fingerprint.ts';
import type { Attribute, MediaDescription, SessionDescription } from './types.ts';

/** `active` is the client of the handshake, `passive` the server. */
export type DtlsRole = 'client' | 'server';

/** What we say of our certificate, and which associations there were. */
export interface LocalDtls {
  readonly fingerprint: Fingerprint;
  /** 120 random bits at least; each association of the session is called so, with its number behind (RFC 8842 §4). */
  readonly name: string;
  /** How many associations the session has had. */
  readonly associations: number;
  /** The one that there is: its roles stay (§5.3). */
  readonly established?: AgreedDtls | undefined;
}

/** What offer and answer come to. */
export interface AgreedDtls {
  /** From 1: another number is another association. */
  readonly association: number;
  /** Our `tls-id` for it. */
  readonly ownTlsId: string;
  /** Ours. */
  readonly role: DtlsRole;
  /** The peer's; one at least. */
  readonly fingerprints: readonly Fingerprint[];
  readonly tlsId: string | undefined;
  /** Where RTP of the peer is. */
  readonly transport: { readonly address: string; readonly port: number };
}

/** What the peer's description says. */
type PeerDtls = Pick<AgreedDtls, 'fingerprints' | 'tlsId' | 'transport'>;

type Setup = 'active' | 'passive' | 'actpass' | 'holdconn';

const TLS_ID = /^[A-Za-z0-9+/_-]{20,255}$/;

/** `setup` and `tls-id` of a line, or of the session (RFC 4145 §4). */
function attributeFor(session: SessionDescription, line: MediaDescription, name: string): string | undefined {
  return (attributeOf(line.attributes, name) ?? attributeOf(session.attributes, name))?.trim();
}

function setupOf(session: SessionDescription, line: MediaDescription, absent: Setup): Setup | undefined {
  const value = attributeFor(session, line, 'setup')?.toLowerCase() ?? absent;
  return value === 'active' || value === 'passive' || value === 'actpass' || value === 'holdconn' ? value : undefined;
}

/** What a description says of the peer's certificate; undefined: nothing that can be used. */
function readPeer(
  session: SessionDescription,
  line: MediaDescription,
  transport: AgreedDtls['transport'],
): PeerDtls | undefined {
  const fingerprints = fingerprintsOf(session, line);
  const tlsId = attributeFor(session, line, 'tls-id');
  if (fingerprints.length === 0) return undefined;
  return { fingerprints, tlsId: tlsId !== undefined && TLS_ID.test(tlsId) ? tlsId : undefined, transport };
}

/**
 * Our side of an offered association. Free to choose we go first, so that the handshake begins with our answer and not
 * after it (RFC 5763 §5). An offer without `setup` is `active` (RFC 4145 §4.1); `holdconn` is none (RFC 8842 §5.1).
 */
export function chooseDtls(
  session: SessionDescription,
  line: MediaDescription,
  transport: AgreedDtls['transport'],
  local: LocalDtls | undefined,
): AgreedDtls | undefined {
  const setup = setupOf(session, line, 'active');
  const peer = readPeer(session, line, transport);
  if (local === undefined || peer === undefined || setup === undefined || setup === 'holdconn') return undefined;
  const free = local.established?.role ?? 'client';
  const role = setup === 'actpass' ? free : setup === 'active' ? 'server' : 'client';
  const going = goesOn(local, { ...peer, role });
  if (going !== undefined) return going;
  return {
    ...peer,
    role: setup === 'actpass' ? 'client' : role,
    association: local.associations + 1,
    ownTlsId: nextTlsId(local),
  };
}

/**
 * Our side of an association that was offered with `actpass` and is answered (RFC 8842 §5.4). An answer without `setup`
 * is `passive` (RFC 4145 §4.1), and so is one that passes the question back.
 */
export function answeredDtls(
  session: SessionDescription,
  line: MediaDescription,
  transport: AgreedDtls['transport'],
  local: LocalDtls | undefined,
): AgreedDtls | undefined {
  const setup = setupOf(session, line, 'passive');
  const peer = readPeer(session, line, transport);
  if (local === undefined || peer === undefined || setup === undefined || setup === 'holdconn') return undefined;
  const role = setup === 'active' ? 'server' : 'client';
  const going = goesOn(local, { ...peer, role });
  // §5.1, note: the offerer's name stays, though the answerer may have begun another association.
  return going ?? { ...peer, role, association: local.associations + 1, ownTlsId: offeredTlsId(local) };
}

const nextTlsId = ({ name, associations }: LocalDtls): string => `${name}/${associations + 1}`;

const offeredTlsId = (local: LocalDtls): string => local.established?.ownTlsId ?? nextTlsId(local);

/** What our line says (RFC 5763 §5, RFC 8842 §5.2, §5.3, §5.5). @param agreed in an answer: what it comes to */
export function dtlsAttributes(local: LocalDtls, agreed?: AgreedDtls): readonly Attribute[] {
  const setup = agreed === undefined ? 'actpass' : agreed.role === 'client' ? 'active' : 'passive';
  // RFC 8842 §5.3: no tls-id to an offerer who has said none.
  const tlsId = agreed === undefined ? offeredTlsId(local) : agreed.tlsId === undefined ? undefined : agreed.ownTlsId;
  return [
    fingerprintAttribute(local.fingerprint),
    { name: 'setup', value: setup },
    ...(tlsId === undefined ? [] : [{ name: 'tls-id', value: tlsId }]),
  ];
}

const isHeld = (address: string): boolean => address === '0.0.0.0' || /^[0:]+$/.test(address);

/** The association that there is, as the new description leaves it; undefined: another one is meant. */
function goesOn({ established }: LocalDtls, now: PeerDtls & Pick<AgreedDtls, 'role'>): AgreedDtls | undefined {
  if (established === undefined || !isSameAssociation(established, now)) return undefined;
  const { address } = now.transport;
  return { ...established, ...now, transport: isHeld(address) ? established.transport : now.transport };
}

/**
 * Whether two agreements mean one association (RFC 8842 §3.1, §4): roles, certificates, and the peer's name of it; where
 * it has none, its address. One of zeros is a hold (RFC 3264 §8.4), and no address.
 */
function isSameAssociation(before: AgreedDtls, now: PeerDtls & Pick<AgreedDtls, 'role'>): boolean {
  if (before.role !== now.role || !sameFingerprints(before.fingerprints, now.fingerprints)) return false;
  if (before.tlsId !== undefined || now.tlsId !== undefined) return before.tlsId === now.tlsId;
  const { address, port } = now.transport;
  return isHeld(address) || (before.transport.address === address && before.transport.port === port);
}
