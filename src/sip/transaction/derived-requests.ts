// Messages that the transaction layer makes by itself: the copy that goes out, ACK, CANCEL, 100.

import { copyRequest, createRequest, createResponse, formatVia } from '../message/index.ts';
import type { SipRequest, SipResponse, Via } from '../message/types.ts';

type HeaderField = readonly [name: string, value: string];

const ASKS_FOR_PORT: ReadonlyMap<string, true> = new Map([['rport', true]]);
/** Requests for us may come by the connection that this one goes by (RFC 5923 §8.1). */
const OFFERS_CONNECTION: ReadonlyMap<string, true> = new Map([...ASKS_FOR_PORT, ['alias', true]]);

/** A copy of a request with a Via of ours on top, which asks for `rport` (§8.1.1.7, RFC 3581 §3). */
export function withVia(request: SipRequest, via: Pick<Via, 'protocol' | 'host' | 'port' | 'branch'>): SipRequest {
  const parameters = via.protocol === 'tls' ? OFFERS_CONNECTION : ASKS_FOR_PORT;
  const topVia = { ...via, parameters };
  return copyRequest(request, 'Via', formatVia(topVia), { topVia });
}

/** The ACK of a final response of 300 and above: §17.1.1.3. */
export function createAck(invite: SipRequest, response: SipResponse): SipRequest {
  return sibling(invite, 'ACK', response.headers.get('To') ?? '', []);
}

/** §9.1: matches the INVITE in all that identifies it; no Require, no Proxy-Require. */
export function createCancel(invite: SipRequest, headers: readonly HeaderField[]): SipRequest {
  return sibling(invite, 'CANCEL', invite.headers.get('To') ?? '', headers);
}

/** §17.2.1, §8.2.6.1: no tag on To. */
export function createTrying(invite: SipRequest): SipResponse {
  return createResponse(invite, 100);
}

/** A request of the same hop: its topmost Via, route, From, Call-ID and CSeq number are the INVITE's. */
function sibling(invite: SipRequest, method: 'ACK' | 'CANCEL', to: string, extra: readonly HeaderField[]): SipRequest {
  const copied = (name: string): HeaderField[] => invite.headers.all(name).map((value) => [name, value]);
  return createRequest({
    method,
    requestUri: invite.requestUri,
    headers: [
      ['Via', formatVia(invite.topVia)],
      ...copied('Max-Forwards').slice(0, 1),
      ...copied('Route'),
      ...copied('From'),
      ['To', to],
      ['Call-ID', invite.callId],
      ['CSeq', `${invite.cseq.number} ${method}`],
      ...extra,
    ],
  });
}
