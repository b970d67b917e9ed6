// PUBLISH against a presence server by hand (RFC 3903), and watchers of the door's presence (RFC 3856, RFC 3863).

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import {
  type PublicationEvent,
  type PublicationState,
  publicationMachine,
} from '../../../../src/sip/event/publication-machine.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { step } from '../../../../src/sip/transaction/machine.ts';
import { subscribeTo } from '../../../support/scripted-notifier.ts';
import { bench, DOOR, deliver, offer, PHONE, peerAccount } from '../../../support/sip-bench.ts';

describe('the table (RFC 3903 §4)', () => {
  const states: PublicationState[] = ['idle', 'publishing', 'published', 'waiting', 'removing', 'ended'];
  const rows: [PublicationEvent, string][] = [
    ['start', 'publishing - - - - -'],
    ['change', '- - publishing - - -'],
    ['accepted', '- published - - ended -'],
    ['forgotten', '- publishing - - ended -'],
    ['too brief', '- publishing - - ended -'],
    ['not taken', '- ended - - ended -'],
    ['failed', '- waiting - - ended -'],
    ['due', '- - publishing publishing - -'],
    ['stop', 'ended ended removing ended - -'],
  ];
  it.each(rows)('%s', (event, targets) => {
    for (const [at, state] of states.entries()) {
      const target = targets.split(' ')[at] ?? '';
      const { state: reached, actions } = step(publicationMachine, state, event);
      expect(`${state} → ${reached}`).toBe(`${state} → ${target === '-' ? state : target}`);
      expect(actions.length > 0).toBe(target !== '-');
    }
  });
});

/** A registered door that publishes; the server answers PUBLISH as `reply` says. */
async function publishing(reply: (request: SipRequest) => [number, (readonly [string, string])[]] | undefined) {
  const account: Account = { uri: `sip:door@${PHONE}`, expires: seconds(3600), register: true, publish: true };
  const made = await bench({ accounts: [account] });
  const { phone, clock, agent } = made;
  const answered = new Set<string>();
  const serve = (request: SipRequest): void => {
    const contact = request.headers.get('Contact') ?? '<sip:door@10.0.0.9:5060>;expires=3600';
    if (request.method === 'REGISTER') phone.answer(request, 200, { headers: [['Contact', contact]] });
    if (request.method !== 'PUBLISH' || answered.has(request.callId)) return;
    const response = reply(request);
    if (response === undefined) return;
    answered.add(request.callId);
    phone.answer(request, response[0], { headers: response[1] });
  };
  phone.onMessage = (message) => {
    if (message.kind === 'request') serve(message);
  };
  for (const request of phone.requests('REGISTER')) serve(request);
  clock.advance(1000);
  /** `operation expires basic` of each publication, repetitions left out. */
  const said = (): string[] =>
    [...new Map(phone.requests('PUBLISH').map((request) => [request.callId, request])).values()].map((request) => {
      const tag = request.headers.get('SIP-If-Match') ?? '-';
      const basic = /<basic>(\w+)</.exec(request.body.toString())?.[1] ?? 'nothing';
      return `${tag} ${request.headers.get('Expires') ?? ''} ${basic}`;
    });
  const call = () => {
    const session = agent.invite({ target: `sip:101@${PHONE}`, account, offer });
    deliver(clock);
    return session;
  };
  return { ...made, said, call };
}

/** A server that gives each publication a tag of its own. */
function tagging(expires = '3600') {
  let count = 0;
  return (request: SipRequest): [number, (readonly [string, string])[]] => {
    count += 1;
    return [
      200,
      [
        ['SIP-ETag', `t${count}`],
        ['Expires', request.headers.get('Expires') === '0' ? '0' : expires],
      ],
    ];
  };
}

describe('a publication', () => {
  it('is made when the account is registered, changed with the door, refreshed without a body (Table 1)', async () => {
    const made = await publishing(tagging());
    const request = made.phone.request('PUBLISH');
    expect(request.headers.get('Event')).toBe('presence');
    expect(request.contentType).toBe('application/pidf+xml');
    expect(request.to.uri).toBe(`sip:door@${PHONE}`);
    expect(request.body.toString()).toContain(`entity="sip:door@${PHONE}"`);
    const session = made.call();
    session.hangup();
    made.phone.answer(made.phone.request('INVITE'), 486);
    made.clock.advance(5000);
    expect(made.said().slice(0, 3)).toEqual(['- 3600 open', 't1 3600 closed', 't2 3600 open']);
    made.clock.advance(2_800_000);
    expect(made.said()[3]).toBe('t3 3600 nothing');
  });

  it('is made anew when the server has forgotten it: 412 (§4.3)', async () => {
    let forgets = false;
    const tags = tagging('100');
    const made = await publishing((request) => {
      if (forgets && request.headers.has('SIP-If-Match')) return [412, []];
      return tags(request);
    });
    forgets = true;
    made.clock.advance(80_000);
    expect(made.said()).toEqual(['- 3600 open', 't1 3600 nothing', '- 3600 open']);
  });

  it('asks for a longer life where 423 says so, and not for ever', async () => {
    let least = 3600;
    const made = await publishing(() => {
      least += 100;
      return [423, [['Min-Expires', String(least)]]];
    });
    expect(
      made
        .said()
        .slice(0, 5)
        .map((line) => line.split(' ')[1]),
    ).toEqual(['3600', '3700', '3800', '3900', '4000']);
    made.clock.advance(2000);
    expect(made.said().length).toBeLessThanOrEqual(7);
  });

  it.each([405, 489, 501])('ends where the server takes none: %i', async (status) => {
    const made = await publishing(() => [status, []]);
    made.call();
    made.clock.advance(3_600_000);
    expect(made.said()).toHaveLength(1);
  });

  it('waits as the server says, and longer and longer where it says nothing', async () => {
    const made = await publishing(() => [503, [['Retry-After', '120']]]);
    made.clock.advance(100_000);
    expect(made.said()).toHaveLength(1);
    made.clock.advance(40_000);
    expect(made.said()).toHaveLength(2);
  });

  it('to a dead server is tried again, seldom', async () => {
    const made = await publishing(() => undefined);
    made.clock.advance(900_000);
    expect(made.said().length).toBeGreaterThan(2);
    expect(made.said().length).toBeLessThan(15);
  });

  it('is removed with the agent (§4.5)', async () => {
    const made = await publishing(tagging());
    const stopped = made.agent.stop();
    await made.clock.advanceAsync(3000);
    await stopped;
    expect(made.said()).toEqual(['- 3600 open', 't1 0 nothing']);
    expect(made.clock.timers).toEqual([]);
  });

  it('of a door that is pressed again and again is one request at a time', async () => {
    const made = await publishing((request) => (request.headers.has('SIP-If-Match') ? undefined : tagging()(request)));
    for (let press = 0; press < 20; press += 1) made.call().hangup();
    made.clock.advance(5000);
    expect(made.said()).toHaveLength(2);
  });
});

describe('who watches the presence of the door', () => {
  async function watching(detail: 'calls' | 'state' | 'off' = 'calls') {
    const made = await bench({ dialogDetail: () => detail });
    made.phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'NOTIFY') made.phone.answer(message, 200);
    };
    subscribeTo(made.phone, DOOR, { event: 'presence' });
    deliver(made.clock);
    const seen = (): (string | undefined)[] =>
      made.phone.requests('NOTIFY').map((request) => /<basic>(\w+)</.exec(request.body.toString())?.[1]);
    return { ...made, seen };
  }

  it('sees it open, and closed in a call', async () => {
    const made = await watching();
    made.agent.invite({ target: `sip:101@${PHONE}`, account: peerAccount, offer });
    deliver(made.clock);
    made.phone.answer(made.phone.request('INVITE'), 486);
    deliver(made.clock);
    expect(made.seen()).toEqual(['open', 'closed', 'open']);
    const body = made.phone.request('NOTIFY').body.toString();
    expect(body).toContain('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:door@10.0.0.9">');
    expect(body).toMatch(/<timestamp>\d{4}-\d\d-\d\dT[\d:.]+Z<\/timestamp>/);
  });

  it('is refused where nobody may watch', async () => {
    const made = await watching('off');
    expect(made.phone.statuses('SUBSCRIBE')).toEqual([403]);
  });
});
