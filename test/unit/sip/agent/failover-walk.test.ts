// Three servers that do as chance has it: dead, slow, refusing, ringing, answering, each in its own time. Whatever they
// do, the caller gets one call or one end, and no phone is left ringing, answered by nobody, or in a call of its own.

import { describe, expect, it } from 'vitest';
import { millis } from '../../../../src/base/units.ts';
import type { SipMessage, SipRequest } from '../../../../src/sip/message/types.ts';
import type { FakeClock } from '../../../support/fake-clock.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { type Bench, bench, offer, peerAccount, SessionEars } from '../../../support/sip-bench.ts';

const SERVERS = ['10.0.0.5', '10.0.0.6', '10.0.0.7'];
const TARGET = 'sip:101@pbx.example';

/** One server's way with an INVITE: what it says, and how many milliseconds after the one before. */
type Script = readonly (readonly [wait: number, status: number])[];

/**
 * A server that keeps the rules: a CANCEL ends what rings, a BYE ends a call; a copy of the INVITE gets a copy of the
 * answer, and a final answer is repeated until its ACK is there.
 */
class Server {
  rang = false;
  finals: number[] = [];
  acknowledged = 0;
  ended = false;
  #invite: SipRequest | undefined;
  #last = 0;

  constructor(
    private readonly clock: FakeClock,
    private readonly phone: ScriptedPhone,
    private readonly script: Script,
  ) {
    phone.onMessage = (message) => this.#receive(message);
  }

  /** Its phone rings, and nobody will ever stop it. */
  get ringsOn(): boolean {
    return this.rang && this.finals.length === 0;
  }

  /** It has a call that its peer knows of. */
  get talks(): boolean {
    return this.#answered && this.acknowledged > 0 && !this.ended;
  }

  /** It has answered, and waits for an ACK in vain. */
  get isForsaken(): boolean {
    return this.#answered && this.acknowledged === 0;
  }

  get #answered(): boolean {
    return this.finals.some((status) => status < 300);
  }

  #receive(message: SipMessage): void {
    if (message.kind === 'response') return;
    if (message.method === 'INVITE') this.#invited(message);
    else if (message.method === 'ACK') this.acknowledged += 1;
    else if (message.method === 'BYE') {
      this.ended = true;
      this.phone.answer(message, 200);
    } else if (message.method === 'CANCEL') {
      this.phone.answer(message, 200);
      if (this.#invite !== undefined && this.finals.length === 0) this.#say(487);
    }
  }

  #invited(invite: SipRequest): void {
    if (this.#invite !== undefined) {
      if (this.#last > 0) this.#send(this.#last);
      return;
    }
    this.#invite = invite;
    let at = 0;
    for (const [wait, status] of this.script) {
      at += wait;
      this.clock.after(millis(at), 'script', () => this.#say(status));
    }
  }

  #say(status: number): void {
    if (this.finals.length > 0) return;
    if (status > 100 && status < 200) this.rang = true;
    this.#last = status;
    this.#send(status);
    if (status < 200) return;
    this.finals.push(status);
    this.#repeat(status, 500);
  }

  #repeat(status: number, wait: number): void {
    if (wait > 16_000) return;
    this.clock.after(millis(wait), 'repetition', () => {
      if (this.acknowledged > 0) return;
      this.#send(status);
      this.#repeat(status, 2 * wait);
    });
  }

  #send(status: number): void {
    if (this.#invite === undefined) return;
    const sdp = status > 100 && status < 300 ? { sdp: 'v=0 answer' } : {};
    this.phone.answer(this.#invite, status, { toTag: this.phone.place.address, ...sdp });
  }
}

function randomScript(random: SeededRandom): Script {
  const wait = (): number => Math.floor(random.uniform() ** 2 * 6000);
  const pick = <Item>(items: readonly [Item, ...Item[]]): Item =>
    items[Math.floor(random.uniform() * items.length)] ?? items[0];
  return pick<() => Script>([
    () => [],
    () => [[wait(), pick([486, 404, 503, 482, 600])]],
    () => [
      [wait(), 100],
      [wait(), pick([486, 503, 482, 200])],
    ],
    () => [
      [wait(), 180],
      [wait(), pick([200, 200, 486, 503])],
    ],
    () => [
      [wait(), 100],
      [wait(), 183],
      [wait() + 5000, 200],
    ],
    () => [[wait(), 200]],
    () => [[wait(), 180]],
  ])();
}

interface Walk {
  readonly made: Bench;
  readonly servers: readonly Server[];
  readonly lossy: boolean;
}

async function setUp(random: SeededRandom): Promise<Walk> {
  const made = await bench({ resolve: () => Promise.resolve(SERVERS) });
  made.agent.prepare([TARGET]);
  await made.clock.advanceAsync(10);
  const servers: Server[] = [];
  for (const address of SERVERS) {
    if (random.uniform() < 0.2) continue;
    servers.push(new Server(made.clock, await ScriptedPhone.plug(made.network, address), randomScript(random)));
  }
  const lossy = random.uniform() < 0.3;
  made.network.conditions = {
    delay: 20,
    jitter: 30,
    refusal: random.uniform() < 0.3,
    loss: lossy ? 0.15 : 0,
  };
  return { made, servers, lossy };
}

describe('servers as chance has them', () => {
  it.each(Array.from({ length: 12 }, (_, block) => [block * 40 + 1]))('forty walks from seed %i', async (start) => {
    for (let seed = start; seed < start + 40; seed += 1) {
      const random = new SeededRandom(seed);
      const { made, servers, lossy } = await setUp(random);
      const session = made.agent.invite({ target: TARGET, account: peerAccount, offer });
      const ears = new SessionEars(session);
      // Some callers lose patience.
      const patience = random.uniform() < 0.3 ? random.uniform() * 9000 : 60_000;
      made.clock.advance(patience);
      const inCall = session.state === 'confirmed';
      if (session.state === 'calling' || session.state === 'early') session.hangup();
      made.clock.advance(70_000);

      const seen = `seed ${seed}: ${ears.heard.join(', ')}`;
      const accepted = ears.heard.filter((line) => line.startsWith('accepted')).length;
      const ended = ears.heard.filter((line) => line.startsWith('ended')).length;
      expect(accepted, seen).toBeLessThanOrEqual(1);
      expect(ended, seen).toBe(inCall ? 0 : 1);
      // Who rings and whose every word was lost cannot be known to ring.
      if (!lossy) expect(servers.filter(({ ringsOn }) => ringsOn).length, `rings on, ${seen}`).toBe(0);
      expect(servers.filter(({ isForsaken }) => isForsaken).length, `forsaken, ${seen}`).toBe(0);
      expect(servers.filter(({ talks }) => talks).length, `talks, ${seen}`).toBe(inCall ? 1 : 0);

      if (inCall) session.hangup();
      made.clock.advance(70_000);
      expect(servers.filter(({ talks }) => talks).length, `talks on, ${seen}`).toBe(0);
    }
  });
});
