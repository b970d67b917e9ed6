// REFER as it is read and written (RFC 3515 §2.1, RFC 3892 §3, RFC 4488 §4). Of what Refer-To may carry along, Replaces
// alone is taken: every other header that a peer could put into a request of ours would be its word in our mouth.

import { err, ok, type Result } from '../../../base/result.ts';
import { type DialogId, formatReplaces, parseReplaces } from '../../dialog/index.ts';
import { createResponse, formatNameAddress, formatUri, parseNameAddress, parseUri } from '../../message/index.ts';
import type { SipRequest, SipResponse } from '../../message/types.ts';

/** What a REFER asks for. */
export interface ReferRequest {
  /** A SIP URI without headers. */
  readonly target: string;
  /** Value of Replaces for the INVITE. */
  readonly replaces: string | undefined;
  /** Value of Referred-By for the INVITE, as it came. */
  readonly referredBy: string | undefined;
  /** False: `Refer-Sub: false`; nothing is to be told of what becomes of it. */
  readonly subscribes: boolean;
}

/** Reads a REFER; the error is the response that refuses it. */
export function readRefer(request: SipRequest): Result<ReferRequest, SipResponse> {
  const refuse = (status: number, reason?: string) => err(createResponse(request, status, { reason }));
  const values = request.headers.list('Refer-To');
  // §2.4.2: exactly one.
  if (values.length !== 1) return refuse(400, 'Bad Request: there is not exactly one Refer-To');
  const address = parseNameAddress(values[0] ?? '');
  if (!address.ok) return refuse(400, 'Bad Request: Refer-To is malformed');
  const uri = parseUri(address.value.uri);
  if (!uri.ok) return uri.error.code === 'uri-scheme' ? refuse(416) : refuse(400, 'Bad Request: Refer-To is malformed');
  const { parameters, headers } = uri.value;
  const method = parameters.get('method') ?? 'INVITE';
  if (method !== 'INVITE') return refuse(603, 'Decline: only INVITE is sent for others');
  const replaces = headers.get('replaces');
  const replaced = replaces === undefined ? undefined : parseReplaces(replaces);
  if (replaced?.ok === false) return refuse(400, 'Bad Request: Replaces is malformed');
  const referrers = request.headers.all('Referred-By');
  // RFC 3892 §2.1: at most one.
  if (referrers.length > 1) return refuse(400, 'Bad Request: there is more than one Referred-By');
  const wanted = new Map(parameters);
  wanted.delete('method');
  return ok({
    target: formatUri({ ...uri.value, parameters: wanted, headers: new Map() }),
    replaces,
    referredBy: referrers[0],
    subscribes: !/^\s*false\b/i.test(request.headers.get('Refer-Sub') ?? ''),
  });
}

/** Value of Refer-To: a target, and the dialog there whose place is to be taken (RFC 3891 §4). */
export function formatReferTo(target: string, replaced?: DialogId): string {
  if (replaced === undefined) return formatNameAddress({ uri: target });
  const uri = parseUri(target);
  if (!uri.ok) throw new Error('a target that is no SIP URI');
  const headers = new Map([['Replaces', formatReplaces(replaced)]]);
  return formatNameAddress({ uri: formatUri({ ...uri.value, headers }) });
}
