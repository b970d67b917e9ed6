// Messages as a test needs them: written as text, so that the expected values stand in the test and not in the code.

import { createRequest, createResponse, parseMessage } from '../../src/sip/message/index.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message/types.ts';

/** Reads a message from its lines; throws when it is none. */
export function message(...lines: readonly string[]): SipMessage {
  const parsed = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  if (!parsed.ok) throw new Error(`${parsed.error.code}: ${parsed.error.message}`);
  return parsed.value;
}

export interface RequestTexts {
  readonly via?: string;
  readonly branch?: string;
  readonly uri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: string;
  readonly extra?: readonly string[];
}

/** A request as a peer at 192.0.2.1 would send it. */
export function incoming(method: string, texts: RequestTexts = {}): SipRequest {
  const { branch = 'z9hG4bK776asdhds', cseq = `314159 ${method}` } = texts;
  const parsed = message(
    `${method} ${texts.uri ?? 'sip:door@192.0.2.9'} SIP/2.0`,
    `Via: ${texts.via ?? `SIP/2.0/UDP 192.0.2.1:5060;branch=${branch}`}`,
    'Max-Forwards: 70',
    `From: ${texts.from ?? 'Alice <sip:alice@192.0.2.1>;tag=1928301774'}`,
    `To: ${texts.to ?? '<sip:door@192.0.2.9>'}`,
    `Call-ID: ${texts.callId ?? 'a84b4c76e66710@192.0.2.1'}`,
    `CSeq: ${cseq}`,
    ...(texts.extra ?? []),
  );
  if (parsed.kind !== 'request') throw new Error('not a request');
  return parsed;
}

/** A request of ours, without Via, as a user hands it to the transaction layer. */
export function outgoing(method: string, texts: Omit<RequestTexts, 'via' | 'branch'> = {}): SipRequest {
  const extra = (texts.extra ?? []).map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return createRequest({
    method,
    requestUri: texts.uri ?? 'sip:bob@192.0.2.1',
    headers: [
      ['From', texts.from ?? '<sip:door@192.0.2.9>;tag=88sja8x'],
      ['To', texts.to ?? 'Bob <sip:bob@192.0.2.1>'],
      ['Call-ID', texts.callId ?? '987asjd97y7atg'],
      ['CSeq', texts.cseq ?? `986759 ${method}`],
      ...extra,
    ],
  });
}

/** The response of a peer to what we sent. */
export function answer(request: SipRequest, status: number, toTag = 'a6c85cf'): SipResponse {
  return createResponse(request, status, status === 100 ? {} : { toTag });
}
