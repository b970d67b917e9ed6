// ICE in its lite form (RFC 8445 §2.5, RFC 8839): an offer with ICE is answered with one host candidate for each port of
// ours; the checks are the peer's. We offer none.

import { isPublic } from '../base/address.ts';
import type { Secret } from '../base/secret.ts';
import { attributeOf } from './audio.ts';
import type { RtcpDestination } from './rtcp.ts';
import type { Attribute, MediaDescription, SessionDescription } from './types.ts';

/** RFC 8839 §5.4 */
export interface IceCredentials {
  readonly ufrag: string;
  readonly password: Secret;
}

/** What an offer says of ICE, as far as a lite agent needs it. */
export interface IceOffer {
  /** Another one is a restart (RFC 8839 §4.4.1.1.1). */
  readonly ufrag: string;
  readonly password: string;
  /** The default destination is no candidate: ICE is not used (§5.3). */
  readonly mismatch: boolean;
}

const UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
const PASSWORD = /^[A-Za-z0-9+/]{22,256}$/;

/** RFC 8445 §5.1.2.1 with type preference 126 (host) and local preference 65535. */
const hostPriority = (component: number): number => 2 ** 24 * 126 + 2 ** 8 * 65_535 + (256 - component);

const flag = (name: string): Attribute => ({ name, value: undefined });

/** What offer and answer come to: ours, and the peer's, by which a restart is known. */
export interface AgreedIce {
  readonly credentials: IceCredentials;
  readonly peer: IceOffer;
}

/** What we bring. */
export interface LocalIce {
  /** For a beginning; never said before. To be there where an offer is to be answered with ICE. */
  readonly fresh?: IceCredentials | undefined;
  readonly established?: AgreedIce | undefined;
}

/** What our description says of us as a whole (§5.3, §5.6). */
export const ICE_LITE: readonly Attribute[] = [flag('ice-lite'), { name: 'ice-options', value: 'ice2' }];

/** The answer to an offer whose default destination is no candidate (§5.3). */
export const ICE_MISMATCH: Attribute = flag('ice-mismatch');

/** What our line says: credentials (§5.4), and a candidate for each port (§5.1). */
export function iceAttributes(
  { ufrag, password }: IceCredentials,
  media: { readonly address: string; readonly port: number },
  sharesPort: boolean,
): readonly Attribute[] {
  const candidate = (component: number): Attribute => ({
    name: 'candidate',
    value: `1 ${component} UDP ${hostPriority(component)} ${media.address} ${media.port + component - 1} typ host`,
  });
  return [
    { name: 'ice-ufrag', value: ufrag },
    { name: 'ice-pwd', value: password.reveal() },
    candidate(1),
    ...(sharesPort ? [] : [candidate(2)]),
  ];
}

/**
 * Reads what an offer says of ICE.
 * @param media where RTP would go without ICE
 * @returns undefined: nothing, or nothing that a lite agent can use: a peer that is lite itself makes no checks
 */
export function readIceOffer(
  session: SessionDescription,
  line: MediaDescription,
  media: RtcpDestination,
): IceOffer | undefined {
  const value = (name: string): string =>
    (attributeOf(line.attributes, name) ?? attributeOf(session.attributes, name) ?? '').trim();
  const ufrag = value('ice-ufrag');
  const password = value('ice-pwd');
  if (!UFRAG.test(ufrag) || !PASSWORD.test(password)) return undefined;
  if (session.attributes.some(({ name }) => name === 'ice-lite')) return undefined;
  const mismatch = !line.attributes.some((attribute) => isCandidateAt(attribute, media));
  return { ufrag, password, mismatch };
}

/** ICE in an answer: the credentials that there are, or, after a restart, fresh ones (RFC 8839 §4.4.2). */
export function agreeIce(offer: IceOffer, { fresh, established }: LocalIce): AgreedIce | undefined {
  const same = established?.peer.ufrag === offer.ufrag && established.peer.password === offer.password;
  if (same) return established;
  return fresh === undefined ? undefined : { credentials: fresh, peer: offer };
}

/** Whether an attribute is a candidate for RTP at an address (§5.1). */
function isCandidateAt({ name, value = '' }: Attribute, media: RtcpDestination): boolean {
  if (name !== 'candidate') return false;
  const [, component, transport = '', , address, port] = value.trim().split(/[ \t]+/);
  return (
    component === '1' &&
    transport.toUpperCase() === 'UDP' &&
    address?.toLowerCase() === media.address.toLowerCase() &&
    Number(port) === media.port
  );
}

/**
 * Whether the peer's checks can reach us: lite is for those who need no way through a NAT (RFC 8445 §2.5). Behind one,
 * with the peer outside, its checks would fail and take the call with them, where symmetric RTP finds its way.
 */
export const isReachable = (ours: string, theirs: string): boolean => isPublic(ours) || !isPublic(theirs);
