// Who calls, as far as it can be told: what the caller says (From), what its network vouches for (P-Asserted-Identity,
// RFC 3325; Remote-Party-ID, the draft that came before it), and whether it wants to be named at all (Privacy, RFC 3323).
//
// What a network vouches for is read from our own servers alone: of anybody else it MUST NOT be used in any way (RFC
// 3325 §8). P-Preferred-Identity is a hint to proxies (§6), and is not read.

import { parseNameAddressList, parseUri } from '../message/index.ts';
import type { NameAddress, SipRequest } from '../message/types.ts';

/** One who calls. */
export interface Caller {
  /** By whom it is to be shown: `anonymous` where it wants that. */
  readonly shown: NameAddress;
  /** Who it is, for those who have to tell callers apart; to be shown to nobody where it differs. */
  readonly known: NameAddress;
  /** Whether a server of ours names it: then `known` is no mere claim. */
  readonly asserted: boolean;
  /** Whether its call came from a server of ours. */
  readonly trusted: boolean;
}

/** RFC 3323 §4.1.1.3: what stands for somebody who is not named. */
const ANONYMOUS: NameAddress = {
  displayName: 'Anonymous',
  uri: 'sip:anonymous@anonymous.invalid',
  parameters: new Map(),
};

/** What asks for a name to be kept: RFC 3323 §4.2, RFC 3325 §9.3. `session` is about media, `critical` about proxies. */
const WITHHOLDING = new Set(['id', 'user', 'header']);
/** A name is one line on a display; what is longer is somebody's joke. */
const LONGEST_NAME = 80;

/** Reads who sent an INVITE. @param trusted whether it came from a server of our accounts */
export function readCaller(request: SipRequest, trusted: boolean): Caller {
  const asserted = trusted ? readAsserted(request) : undefined;
  const known = withTidyName(asserted?.address ?? request.from);
  const withheld = asserted?.withheld === true || withholds(request);
  return { shown: withheld ? ANONYMOUS : known, known, asserted: asserted !== undefined, trusted };
}

function readAsserted(request: SipRequest): { readonly address: NameAddress; readonly withheld: boolean } | undefined {
  const [address] = addressesIn(request, 'P-Asserted-Identity').toSorted(sipFirst);
  if (address !== undefined) return { address, withheld: false };
  // draft-ietf-sip-privacy-04 §5: one value for each party; without a party it is the caller in a request.
  const remote = addressesIn(request, 'Remote-Party-ID').find(({ parameters }) => {
    const party = parameters.get('party');
    return party === undefined || (typeof party === 'string' && party.toLowerCase() === 'calling');
  });
  if (remote === undefined) return undefined;
  const privacy = remote.parameters.get('privacy');
  return { address: remote, withheld: typeof privacy === 'string' && !/^(?:off|none)$/i.test(privacy) };
}

/** RFC 3325 §9.1: there may be a sip: and a tel: of the same person; the one with a host says more. */
function sipFirst(one: NameAddress, other: NameAddress): number {
  return Number(parseUri(other.uri).ok) - Number(parseUri(one.uri).ok);
}

/** Addresses of a header field; one that cannot be read counts for none, and does not spoil the call. */
function addressesIn(request: SipRequest, header: string): readonly NameAddress[] {
  return request.headers.all(header).flatMap((value) => {
    const addresses = parseNameAddressList(value);
    return addresses.ok ? addresses.value.filter(({ uri }) => uri !== '*') : [];
  });
}

/** The values stand with semicolons between them (RFC 3323 §4.2); commas are a habit. */
function withholds(request: SipRequest): boolean {
  const values = request.headers.all('Privacy').flatMap((value) => value.split(/[;,]/));
  return values.some((value) => WITHHOLDING.has(value.trim().toLowerCase()));
}

function withTidyName(address: NameAddress): NameAddress {
  const name = (address.displayName ?? '').replace(/\p{Cc}/gu, ' ').trim();
  return { ...address, displayName: name === '' ? undefined : name.slice(0, LONGEST_NAME) };
}
