// By whom a call was sent on before it came here: Diversion (RFC 5806), History-Info (RFC 7044). For people who read the
// event log; nothing is decided by it.

import { parseNameAddressList, parseUri } from '../message/index.ts';
import type { NameAddress, SipRequest } from '../message/types.ts';

/** One who sent the call on. */
export interface Diversion {
  /** Whom the call was for. */
  readonly from: string;
  /** As the header says it: `user-busy`, `no-answer`, `unconditional`; of History-Info the status that it got. */
  readonly reason: string | undefined;
}

/** More often no call is sent on that somebody meant. */
const MAXIMUM_DIVERSIONS = 5;
const LONGEST_REASON = 40;

/** Reads who sent a call on, the latest first. Somebody who asks not to be named is left out. */
export function readDiversions(request: SipRequest): readonly Diversion[] {
  const diversions = readDiversionHeader(request);
  return (diversions.length > 0 ? diversions : readHistory(request)).slice(0, MAXIMUM_DIVERSIONS);
}

/** RFC 5806: the topmost is the latest. */
function readDiversionHeader(request: SipRequest): readonly Diversion[] {
  return addressesIn(request, 'Diversion').flatMap(({ uri, parameters }): Diversion[] => {
    const privacy = parameters.get('privacy');
    if (typeof privacy === 'string' && !/^(?:off|none)$/i.test(privacy)) return [];
    return [{ from: uri, reason: asWord(parameters.get('reason')) }];
  });
}

/**
 * RFC 7044 §5: entries stand in the order of time. `mp` says which entry's user was left for another one (§5, "mp"), and
 * that entry's own URI carries why (§10.2).
 */
function readHistory(request: SipRequest): readonly Diversion[] {
  const entries = addressesIn(request, 'History-Info');
  const left = entries.flatMap(({ parameters }) => {
    const index = parameters.get('mp');
    return entries.find((entry) => index !== undefined && entry.parameters.get('index') === index) ?? [];
  });
  return left.toReversed().flatMap(({ uri }): Diversion[] => {
    const parsed = parseUri(uri);
    const headers = parsed.ok ? parsed.value.headers : new Map<string, string>();
    if (/(?:^|;)\s*(?:history|user|header)\b/i.test(headers.get('privacy') ?? '')) return [];
    const [, cause] = /;\s*cause\s*=\s*(\d{3})\b/i.exec(headers.get('reason') ?? '') ?? [];
    return [{ from: uri.replace(/\?.*$/s, ''), reason: cause }];
  });
}

function addressesIn(request: SipRequest, header: string): readonly NameAddress[] {
  if (!request.headers.has(header)) return [];
  return request.headers.all(header).flatMap((value) => {
    const addresses = parseNameAddressList(value);
    return addresses.ok ? addresses.value : [];
  });
}

function asWord(value: string | true | undefined): string | undefined {
  return typeof value === 'string' ? value.replace(/[^\w.-]/g, '').slice(0, LONGEST_REASON) || undefined : undefined;
}
