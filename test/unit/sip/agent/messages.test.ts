// MESSAGE, both ways (RFC 3428).

import { describe, expect, it } from 'vitest';
import { minutes } from '../../../../src/base/units.ts';
import type { InstantMessage, MessageOutcome } from '../../../../src/sip/agent/types.ts';
import { settle } from '../../../support/fake-clock.ts';
import { bench, DOOR, deliver, offer, PHONE, peerAccount } from '../../../support/sip-bench.ts';

type Headers = readonly (readonly [string, string])[];

async function texting(options: Parameters<typeof bench>[0] = {}) {
  const made = await bench(options);
  const heard: InstantMessage[] = [];
  made.agent.on('message', (message) => heard.push(message));
  let count = 0;
  const send = (
    text: string,
    type = 'text/plain',
    headers: Headers = [],
    dialog?: { to: string; id: string },
  ): void => {
    count += 1;
    made.phone.send(
      made.phone.make('MESSAGE', {
        uri: 'sip:door@10.0.0.9',
        from: `<sip:101@${PHONE}>;tag=${dialog === undefined ? 'm' : 'phone-tag'}`,
        to: `<sip:door@10.0.0.9>${dialog === undefined ? '' : `;tag=${dialog.to}`}`,
        callId: dialog?.id ?? `message-${count}`,
        sequence: 100 + count,
        headers,
        sdp: text,
        type,
      }),
      DOOR,
    );
    deliver(made.clock);
  };
  return { ...made, heard, send };
}

describe('a publication of ours (RFC 3903)', () => {
  const wanted = { target: `sip:door-7@${PHONE}`, event: 'ua-profile', expires: minutes(60) };
  const body = { type: 'text/plain', data: Buffer.from('state') };

  it('says what it is given, and gives back what the server keeps it by (§4.2)', async () => {
    const made = await texting();
    const outcome = made.agent.publish({ ...wanted, account: peerAccount, body });
    deliver(made.clock);
    const request = made.phone.request('PUBLISH');
    expect(request.requestUri).toBe(wanted.target);
    expect(request.headers.get('Event')).toBe('ua-profile');
    expect(request.headers.get('Expires')).toBe('3600');
    expect(request.headers.has('SIP-If-Match')).toBe(false);
    expect(request.body.toString()).toBe('state');
    made.phone.answer(request, 200, {
      headers: [
        ['SIP-ETag', 'abc'],
        ['Expires', '1800'],
      ],
    });
    deliver(made.clock);
    expect(await outcome).toEqual({ status: 200, tag: 'abc', expires: minutes(30) });
  });

  it('changes what the server keeps by its tag (§4.4), and hears what life is long enough (§6)', async () => {
    const made = await texting();
    const outcome = made.agent.publish({ ...wanted, account: peerAccount, tag: 'abc' });
    deliver(made.clock);
    const request = made.phone.request('PUBLISH');
    expect(request.headers.get('SIP-If-Match')).toBe('abc');
    expect(request.body).toHaveLength(0);
    made.phone.answer(request, 423, { headers: [['Min-Expires', '7200']] });
    deliver(made.clock);
    expect(await outcome).toEqual({ status: 423, expires: minutes(120) });
  });

  it('ends where nobody answers', async () => {
    const made = await texting();
    const outcome = made.agent.publish({ ...wanted, account: peerAccount, body });
    made.clock.advance(33_000);
    expect(await outcome).toEqual({ status: undefined });
  });
});

describe('a text to us', () => {
  it('is answered without body or Contact, and handed on', async () => {
    const made = await texting();
    made.send('The parcel is behind the fence', 'text/plain;charset=UTF-8');
    const response = made.phone.response('MESSAGE');
    expect(response.status).toBe(200);
    expect(response.body).toHaveLength(0);
    expect(response.headers.has('Contact')).toBe(false);
    expect(made.heard.map(({ from, type, body }) => [from.uri, type, body.toString()])).toEqual([
      [`sip:101@${PHONE}`, 'text/plain', 'The parcel is behind the fence'],
    ]);
    expect(made.log.text).not.toContain('parcel');
  });

  it.each([
    ['text/html', '<b>hello</b>'],
    ['application/im-iscomposing+xml', '<isComposing/>'],
  ])('of %s is refused with what is understood', async (type, text) => {
    const made = await texting();
    made.send(text, type);
    expect(made.phone.response('MESSAGE').status).toBe(415);
    expect(made.phone.response('MESSAGE').headers.get('Accept')).toContain('text/plain');
    expect(made.heard).toEqual([]);
  });

  it('that is encoded is refused', async () => {
    const made = await texting();
    made.send('x', 'text/plain', [['Content-Encoding', 'gzip']]);
    expect(made.phone.response('MESSAGE').headers.get('Accept-Encoding')).toBe('identity');
  });

  it('that is too long is refused with 413', async () => {
    const made = await texting();
    made.send('x'.repeat(8193));
    made.send('x'.repeat(8192));
    expect(made.phone.statuses('MESSAGE')).toEqual([413, 200]);
  });

  it('of a stranger is met with silence', async () => {
    const made = await texting({ admit: () => ({ status: 0 }) });
    made.send('open the door');
    expect(made.phone.received).toEqual([]);
    expect(made.heard).toEqual([]);
  });

  it('comes twenty times at once, then once a second', async () => {
    const made = await texting();
    for (let count = 0; count < 30; count += 1) made.send('spam');
    expect(made.heard.length).toBeLessThanOrEqual(21);
    expect(made.phone.response('MESSAGE').status).toBe(480);
    made.clock.advance(1000);
    made.send('news');
    expect(made.heard.at(-1)?.body.toString()).toBe('news');
  });

  it('may come in a call', async () => {
    const made = await texting();
    const session = made.agent.invite({ target: `sip:101@${PHONE}`, account: peerAccount, offer });
    deliver(made.clock);
    const invite = made.phone.request('INVITE');
    made.phone.answer(invite, 200, { sdp: 'v=0 answer' });
    deliver(made.clock);
    made.send('in a call', 'text/plain', [], { to: invite.fromTag ?? '', id: session.id });
    expect(made.phone.statuses('MESSAGE')).toEqual([200]);
    expect(made.heard.map(({ body }) => body.toString())).toEqual(['in a call']);
  });
});

describe('a text of ours', () => {
  async function sending(text = 'Somebody is at the door') {
    const made = await texting();
    const outcomes: MessageOutcome[] = [];
    void made.agent
      .message({ target: `sip:101@${PHONE}`, account: peerAccount, text })
      .then((outcome) => outcomes.push(outcome));
    deliver(made.clock);
    return { ...made, outcomes };
  }

  it('goes out as one, without Contact (§4)', async () => {
    const made = await sending('Türe');
    const request = made.phone.request('MESSAGE');
    expect(request.requestUri).toBe(`sip:101@${PHONE}`);
    expect(request.headers.has('Contact')).toBe(false);
    expect(request.contentType).toBe('text/plain');
    expect(request.body.toString('utf8')).toBe('Türe');
    expect(request.from.uri).toBe('sip:door@10.0.0.9');
  });

  it.each([
    [200, true],
    [202, true],
    [404, false],
    [603, false],
  ])('answered with %i: delivered %s', async (status, delivered) => {
    const made = await sending();
    made.phone.answer(made.phone.request('MESSAGE'), status);
    deliver(made.clock);
    await settle();
    expect(made.outcomes).toMatchObject([{ delivered, status }]);
  });

  it('that nobody answers is not delivered', async () => {
    const made = await sending();
    made.clock.advance(33_000);
    await settle();
    expect(made.outcomes).toMatchObject([{ delivered: false }]);
    expect(made.outcomes[0]?.status).toBeUndefined();
  });

  it('is not too long (§8), and has somewhere to go', async () => {
    const { agent } = await texting();
    const send = (target: string, text: string) => () => agent.message({ target, account: peerAccount, text });
    expect(send(`sip:101@${PHONE}`, 'ü'.repeat(651))).toThrow('1300 bytes');
    expect(send('mailto:me', 'x')).toThrow();
  });
});
