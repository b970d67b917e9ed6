// What an account watches at its server: RFC 3680, RFC 3842.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import { hasLostBinding } from '../../../../src/sip/agent/account-subscriptions.ts';
import type { SipAgentOptions } from '../../../../src/sip/agent/sip-agent.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import { notify } from '../../../support/scripted-notifier.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { bench, DOOR, deliver, PHONE } from '../../../support/sip-bench.ts';

const OURS = ['sip:door@10.0.0.9:5060;transport=udp'];

describe('whether the binding has gone', () => {
  const contact = (uri: string, state: 'active' | 'terminated', event: string) => ({ uri, state, event });
  const own = 'sip:door@10.0.0.9:5060;q=1';
  it.each([
    ['ours is there', true, [contact(own, 'active', 'registered')], false],
    ['ours ran out', false, [contact(own, 'terminated', 'expired')], true],
    ['ours was taken away', false, [contact(own, 'terminated', 'deactivated')], true],
    ['ours is to end soon', false, [contact(own, 'active', 'shortened')], true],
    // Registering anew does not help, or is to wait.
    ['ours is refused', false, [contact(own, 'terminated', 'rejected')], false],
    ['ours is on probation', false, [contact(own, 'terminated', 'probation')], false],
    ['another one ran out', false, [contact('sip:door@10.0.0.8:5060', 'terminated', 'expired')], false],
    ['everything is listed, and ours is not', true, [contact('sip:door@10.0.0.8:5060', 'active', 'registered')], true],
    ['nothing is left', true, [], true],
    ['nothing has changed', false, [], false],
  ])('%s', (_, full, contacts, lost) => {
    expect(hasLostBinding({ version: 0, full, contacts }, OURS)).toBe(lost);
  });

  it('none of ours is known: nothing is lost', () => {
    expect(hasLostBinding({ version: 0, full: true, contacts: [] }, [])).toBe(false);
  });
});

async function registered(
  subscribe: Account['subscribe'] = ['reg', 'message-summary'],
  options: Pick<Partial<SipAgentOptions>, 'admit'> = {},
) {
  const account: Account = {
    uri: `sip:door@${PHONE}`,
    expires: seconds(3600),
    register: true,
    ...(subscribe === undefined ? {} : { subscribe }),
  };
  const made = await bench({ accounts: [account], ...options });
  const heard: unknown[] = [];
  made.agent.on('messagesWaiting', ({ uri }, summary) => heard.push([uri, summary]));
  made.phone.onMessage = (message) => {
    if (message.kind !== 'request') return;
    const contact = message.headers.get('Contact') ?? `<sip:door@${DOOR.address}:5060>;expires=3600`;
    if (message.method === 'REGISTER') made.phone.answer(message, 200, { headers: [['Contact', contact]] });
    if (message.method === 'SUBSCRIBE') made.phone.answer(message, 200, { headers: [['Expires', '3600']] });
  };
  made.clock.advance(20);
  for (const request of made.phone.requests('REGISTER')) made.phone.onMessage(request, DOOR);
  made.clock.advance(1000);
  let sequence = 0;
  const tell = (event: string, type: string, body: string): void => {
    const request = made.phone.requests('SUBSCRIBE').find((one) => one.headers.get('Event') === event);
    if (request === undefined) throw new Error(`nobody subscribed to ${event}`);
    sequence += 1;
    notify(made.phone, request, DOOR, { state: 'active;expires=3600', sequence, body, type });
    deliver(made.clock);
  };
  const binds = (): number => made.phone.requests('REGISTER').filter((one) => one.headers.has('Contact')).length;
  return { ...made, heard, tell, binds };
}

function reginfo(event: string): string {
  return (
    '<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="1" state="partial"><registration aor="sip:door@x" id="a" ' +
    `state="terminated"><contact id="1" state="terminated" event="${event}"><uri>sip:door@10.0.0.9:5060</uri>` +
    '</contact></registration></reginfo>'
  );
}

describe('an account that watches', () => {
  it('subscribes to itself when it is registered', async () => {
    const { phone } = await registered();
    const asked = phone.requests('SUBSCRIBE').map((request) => [request.to.uri, request.headers.get('Event')]);
    expect(asked).toEqual([
      [`sip:door@${PHONE}`, 'reg'],
      [`sip:door@${PHONE}`, 'message-summary'],
    ]);
  });

  it('to nothing by default', async () => {
    const { phone } = await registered([]);
    expect(phone.requests('SUBSCRIBE')).toEqual([]);
  });

  it('registers anew, at once, when the server has dropped it; not more than once in five seconds', async () => {
    const { tell, binds, clock } = await registered();
    const before = binds();
    tell('reg', 'application/reginfo+xml', reginfo('expired'));
    tell('reg', 'application/reginfo+xml', reginfo('expired'));
    clock.advance(100);
    expect(binds()).toBe(before + 1);
  });

  it('does not follow a document that is none', async () => {
    const { tell, binds, log } = await registered();
    const before = binds();
    tell('reg', 'application/reginfo+xml', `<!DOCTYPE x [<!ENTITY a "b">]>${reginfo('expired')}`);
    expect(binds()).toBe(before);
    expect(log.text).toContain('sip.notification-unreadable');
  });

  it('says what waits', async () => {
    const { tell, heard } = await registered();
    tell(
      'message-summary',
      'application/simple-message-summary',
      'Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n',
    );
    expect(heard).toEqual([[`sip:door@${PHONE}`, { waiting: true, voice: { new: 2, old: 8 } }]]);
  });
});

/** As Asterisk sends it (res_pjsip_mwi, unsolicited): to the binding, with a state and no To tag. */
function tellUnasked(
  phone: ScriptedPhone,
  texts: Partial<Record<'uri' | 'event' | 'body' | 'type' | 'id', string>> = {},
) {
  const { uri = `sip:door@${DOOR.address}:5060`, event = 'message-summary', id = '1' } = texts;
  const { body = 'Messages-Waiting: yes\r\nVoice-Message: 3/0\r\n', type = 'application/simple-message-summary' } =
    texts;
  const request = phone.make('NOTIFY', {
    uri,
    from: `<sip:asterisk@${phone.place.address}>;tag=mwi`,
    to: `<${uri}>`,
    callId: `mwi-${id}@server`,
    sequence: 1,
    headers: [
      ['Contact', phone.contact],
      ['Event', event],
      ['Subscription-State', 'active'],
    ],
    sdp: body,
    type,
  });
  phone.send(request, DOOR);
}

describe('an account that is told unasked', () => {
  const nobody = { admit: () => ({ status: 0 }) };

  it('says what waits, though its server may not call in', async () => {
    const { phone, clock, heard } = await registered([], nobody);
    tellUnasked(phone);
    deliver(clock);
    expect(phone.statuses('NOTIFY')).toEqual([200]);
    expect(heard).toEqual([[`sip:door@${PHONE}`, { waiting: true, voice: { new: 3, old: 0 } }]]);
  });

  it('says the same once', async () => {
    const { phone, clock, heard } = await registered([]);
    for (const id of ['1', '2']) tellUnasked(phone, { id });
    tellUnasked(phone, { id: '3', body: 'Messages-Waiting: no\r\n' });
    deliver(clock);
    expect(phone.statuses('NOTIFY')).toEqual([200, 200, 200]);
    expect(heard).toHaveLength(2);
  });

  it('believes nobody but its server', async () => {
    const { network, clock, heard } = await registered([]);
    const caller = await ScriptedPhone.plug(network, '10.0.0.66');
    tellUnasked(caller);
    deliver(clock);
    // RFC 6665 §4.1.3: the package is understood, and there is no such subscription.
    expect(caller.statuses('NOTIFY')).toEqual([481]);
    expect(heard).toEqual([]);
  });

  it('strangers get silence', async () => {
    const { network, clock, heard } = await registered([], nobody);
    const stranger = await ScriptedPhone.plug(network, '10.0.0.66');
    tellUnasked(stranger);
    deliver(clock);
    expect(stranger.received).toEqual([]);
    expect(heard).toEqual([]);
  });

  it('is told of nothing else', async () => {
    const { phone, clock, heard } = await registered([]);
    tellUnasked(phone, { event: 'reg', type: 'application/reginfo+xml', body: reginfo('expired') });
    tellUnasked(phone, { id: '2', type: 'text/plain' });
    deliver(clock);
    expect(phone.statuses('NOTIFY')).toEqual([489, 415]);
    expect(heard).toEqual([]);
  });

  it('takes no flood of it: the address of a server can be forged', async () => {
    const { phone, clock, heard } = await registered([]);
    for (let id = 0; id < 40; id += 1)
      tellUnasked(phone, { id: `${id}`, body: `Messages-Waiting: yes\r\nVoice-Message: ${id}/0\r\n` });
    deliver(clock);
    expect(heard.length).toBeLessThanOrEqual(5);
    expect(phone.statuses('NOTIFY')).toContain(480);
  });

  it('hands packages that may come unasked to whoever asked for them', async () => {
    const { agent, phone, clock } = await registered([]);
    const heard: string[] = [];
    const end = agent.onUnasked('check-sync', ({ event }) => {
      heard.push(event.name);
      return 202;
    });
    tellUnasked(phone, { event: 'check-sync' });
    deliver(clock);
    end();
    tellUnasked(phone, { event: 'check-sync', id: '2' });
    deliver(clock);
    expect(heard).toEqual(['check-sync']);
    expect(phone.statuses('NOTIFY')).toEqual([202, 489]);
  });
});
