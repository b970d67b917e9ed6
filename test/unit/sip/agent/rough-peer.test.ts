// A peer that says anything at any time: every method, in and out of its dialog, answers that were not asked for,
// headers that hurt. Whatever it does, nothing of the agent's fails, and nothing of it stays behind.

import { describe, expect, it } from 'vitest';
import type { SipMessage } from '../../../../src/sip/message/types.ts';
import type { Session } from '../../../../src/sip/session/types.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { answer, type Bench, bench, DOOR, deliver, offer, PHONE, peerAccount } from '../../../support/sip-bench.ts';

const METHODS = ['INVITE', 'ACK', 'BYE', 'CANCEL', 'INFO', 'UPDATE', 'OPTIONS', 'PRACK', 'REFER', 'X'];
const STATUSES = [
  100, 180, 181, 183, 199, 200, 202, 299, 300, 302, 401, 407, 408, 422, 481, 486, 487, 491, 500, 503, 603, 699,
];
const HEADERS: readonly (readonly [string, string])[] = [
  ['Contact', `<sip:phone@${PHONE}:5060>`],
  ['Contact', '<sip:name.example>;expires=x'],
  ['Contact', '*'],
  ['Contact', '<tel:+49123>'],
  ['Contact', `<sip:phone@${PHONE};transport=tcp?Subject=x>`],
  ['Contact', '<sip:[fe80::1%25eth0]:5060>'],
  ['Record-Route', '<sip:10.0.0.1;lr>'],
  ['Record-Route', '<sip:10.0.0.1>, <sip:strict.example;method=BYE>'],
  ['Record-Route', '*'],
  ['Record-Route', '<tel:1>'],
  ['Require', '100rel'],
  ['Replaces', 'call-1;to-tag=a;from-tag=b'],
  ['Join', 'call-1;to-tag=a;from-tag=b'],
  ['Expires', '4294967295'],
  ['Expires', '0'],
  ['Session-Expires', '1'],
  ['Retry-After', '4294967295 (never)'],
  ['WWW-Authenticate', 'Digest realm="a", nonce="b", qop="auth"'],
  ['Proxy-Authenticate', 'Digest realm="\\"", nonce=""'],
  ['Content-Disposition', 'session;handling=required'],
  ['Content-Encoding', 'gzip'],
];

class RoughPeer {
  readonly #random: SeededRandom;
  readonly #seen: SipMessage[] = [];

  constructor(
    private readonly made: Bench,
    private readonly phone: ScriptedPhone,
    seed: number,
  ) {
    this.#random = new SeededRandom(seed);
    phone.onMessage = (message) => this.#seen.push(message);
  }

  below(count: number): number {
    return Math.floor(this.#random.uniform() * count);
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }

  act(): void {
    const requests = this.#seen.flatMap((message) => (message.kind === 'request' ? [message] : []));
    if (requests.length > 0 && this.below(2) === 0) {
      const request = this.pick(requests.slice(-6));
      const toTag = this.pick(['phone-tag', 'other', 'third']);
      const sdp = this.below(2) === 0 ? 'v=0' : undefined;
      const content = { toTag, headers: this.#headers(), ...(sdp === undefined ? {} : { sdp }) };
      this.phone.answer(request, this.pick(STATUSES), content);
      return;
    }
    this.#request();
  }

  /** A request: of a call that there is, from either side, or of none. */
  #request(): void {
    const method = this.pick(METHODS);
    const known = this.#seen.length > 0 ? this.pick(this.#seen.slice(-6)) : undefined;
    const uri = `sip:door@${DOOR.address}`;
    const mine = known?.kind === 'request';
    const local = mine ? known.headers.get('From') : known?.headers.get('To');
    const remote = mine ? known.headers.get('To') : known?.headers.get('From');
    const tagged = remote === undefined || /;tag=/.test(remote) ? remote : `${remote};tag=phone-tag`;
    this.phone.send(
      this.phone.make(method, {
        uri,
        from: tagged ?? `<sip:phone@${PHONE}>;tag=phone-tag`,
        to: this.below(4) === 0 ? `<${uri}>` : (local ?? `<${uri}>`),
        callId: known?.callId ?? `rough-${this.below(20)}`,
        sequence: this.pick([0, 1, 2, 3, 50, 2 ** 31 - 1]),
        headers: this.#headers(),
        ...(this.below(4) === 0 ? { branch: `z9hG4bK-rough-${this.below(6)}` } : {}),
        ...(this.below(2) === 0 ? { sdp: 'v=0' } : {}),
        ...(this.below(6) === 0 ? { type: 'application/dtmf-relay' } : {}),
      }),
      DOOR,
    );
  }

  #headers(): (readonly [string, string])[] {
    return Array.from({ length: this.below(3) }, () => this.pick(HEADERS));
  }

  /** What our own side does meanwhile. */
  use(sessions: Session[]): void {
    const { agent } = this.made;
    if (this.below(6) === 0) {
      const session = agent.invite({ target: `sip:phone@${PHONE}`, account: peerAccount, offer });
      session.on('negotiation', (negotiation) =>
        this.below(2) === 0 ? negotiation.accept(answer) : negotiation.reject({ status: 488 }),
      );
      sessions.push(session);
    }
    if (sessions.length === 0) return;
    const session = this.pick(sessions.slice(-4));
    this.pick([
      () => session.hangup(),
      () => session.ring(),
      () => session.accept(answer),
      () => session.reject({ status: 486 }),
      () => session.reoffer(offer),
      () => session.sendInfo({ type: 'application/dtmf-relay', data: Buffer.from('Signal=1') }),
    ])();
  }
}

describe('a peer that says anything at any time', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => [seed + 1]))(
    'breaks nothing and leaves nothing (seed %i)',
    async (seed) => {
      const made = await bench();
      const peer = new RoughPeer(made, made.phone, seed);
      const stranger = new RoughPeer(made, await ScriptedPhone.plug(made.network, '10.0.0.66'), seed + 1000);
      const own: Session[] = [];
      made.agent.on('invite', (session) => {
        session.on('negotiation', (negotiation) => negotiation.accept(answer));
        own.push(session);
      });
      for (let turn = 0; turn < 300; turn += 1) {
        peer.act();
        if (turn % 5 === 0) stranger.act();
        if (turn % 3 === 0) peer.use(own);
        deliver(made.clock);
        if (turn % 20 === 0) await made.clock.advanceAsync(peer.below(4000));
      }
      made.phone.unplug();
      for (const session of own) session.hangup();
      await made.clock.advanceAsync(300_000);
      expect(made.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
      expect(own.filter(({ state }) => state !== 'terminated')).toEqual([]);
      expect(made.clock.timers).toEqual([]);
    },
  );
});
