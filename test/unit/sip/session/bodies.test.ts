import { describe, expect, it } from 'vitest';
import { parseMessage, type SipRequest } from '../../../../src/sip/message/index.ts';
import { bodyOf, sessionBodyOf } from '../../../../src/sip/session/bodies.ts';
import { refuseBody, SESSION_TYPE } from '../../../../src/sip/session/capabilities.ts';

function invite(fields: readonly string[], body: string): SipRequest {
  const head = [
    'INVITE sip:door@192.0.2.9 SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb',
    'From: <sip:a@192.0.2.1>;tag=1',
    'To: <sip:door@192.0.2.9>',
    'Call-ID: b',
    'CSeq: 1 INVITE',
  ];
  const parsed = parseMessage(Buffer.from([...head, ...fields, '', body].join('\r\n')));
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('not an INVITE');
  return parsed.value;
}

const part = (fields: readonly string[], text: string): string => ['--b', ...fields, '', text, ''].join('\r\n');
const MIXED = 'Content-Type: multipart/mixed;boundary=b';
const DESCRIPTION = part(['Content-Type: application/sdp'], 'v=0');
const LOCATION = part(['Content-Type: application/pidf+xml'], '<presence/>');

const refusal = (request: SipRequest): unknown => {
  const response = refuseBody(request, [SESSION_TYPE]);
  return response && [response.status, response.headers.get('Accept')];
};

describe('an offer beside what else a gateway sends', () => {
  it.each([
    ['a location', LOCATION],
    [
      'ISUP that may be passed over',
      part(['Content-Type: application/isup', 'Content-Disposition: signal;handling=optional'], 'x'),
    ],
  ])('%s: is found, the rest passed over', (_, other) => {
    for (const body of [`${DESCRIPTION}${other}--b--`, `${other}${DESCRIPTION}--b--`]) {
      const request = invite([MIXED], body);
      expect(refusal(request)).toBeUndefined();
      expect(sessionBodyOf(request)?.data.toString()).toBe('v=0');
    }
  });

  it('is refused where its sender insists on a part that is not understood (RFC 5621 §8)', () => {
    const insisting = part(['Content-Type: application/isup', 'Content-Disposition: signal;handling=required'], 'x');
    expect(refusal(invite([MIXED], `${DESCRIPTION}${insisting}--b--`))).toEqual([
      415,
      'application/sdp, multipart/mixed, multipart/alternative',
    ]);
  });

  it('is refused where nothing is understood, and not where all may be passed over', () => {
    expect(refusal(invite([MIXED], `${LOCATION}--b--`))).toMatchObject([415, expect.anything()]);
    const optional = part(['Content-Type: image/png', 'Content-Disposition: icon;handling=optional'], 'x');
    const request = invite([MIXED], `${optional}--b--`);
    expect(refusal(request)).toBeUndefined();
    expect(sessionBodyOf(request)).toBeUndefined();
  });

  it('an early session (RFC 3959) is no offer', () => {
    const early = part(['Content-Type: application/sdp', 'Content-Disposition: early-session'], 'v=early');
    expect(sessionBodyOf(invite([MIXED], `${early}${DESCRIPTION}--b--`))?.data.toString()).toBe('v=0');
    expect(sessionBodyOf(invite([MIXED], `${early}--b--`))).toBeUndefined();
  });

  it('parts that cannot be told apart are a bad request, said in words', () => {
    const response = refuseBody(invite(['Content-Type: multipart/mixed'], 'v=0'), [SESSION_TYPE]);
    expect(response).toMatchObject({ status: 400, reason: 'Bad Request: a multipart body without a usable boundary' });
  });

  it('finds digits of INFO among parts', () => {
    const digits = part(['Content-Type: application/dtmf-relay'], 'Signal=5');
    const body = bodyOf(invite([MIXED], `${LOCATION}${digits}--b--`), ['application/dtmf-relay', 'application/dtmf']);
    expect(body).toMatchObject({ type: 'application/dtmf-relay' });
    expect(body?.data.toString()).toBe('Signal=5');
  });
});
