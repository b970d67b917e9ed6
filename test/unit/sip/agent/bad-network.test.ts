// Two user agents over a network that loses, doubles and reorders: whatever it does, both sides agree in the end and
// nothing is left waiting.

import { describe, expect, it } from 'vitest';
import { SipAgent } from '../../../../src/sip/agent/sip-agent.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import type { Session } from '../../../../src/sip/session/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { answer, offer, peerAccount, SessionEars } from '../../../support/sip-bench.ts';

const seeds = Array.from({ length: 100 }, (_, index) => index + 1);
const rough = { loss: 0.25, duplication: 0.25, delay: 20, jitter: 200 };

interface Side {
  readonly agent: SipAgent;
  readonly log: RecordingLog;
}

async function side(clock: FakeClock, network: MemoryNetwork, address: string, seed: number): Promise<Side> {
  const account: Account = { ...peerAccount, uri: `sip:x@${address}` };
  const log = new RecordingLog();
  const agent = new SipAgent({
    clock,
    random: new SeededRandom(seed),
    log,
    network: network.host(address),
    listen: [{ protocol: 'udp', address, port: 5060 }],
    accounts: [account],
    admit: () => undefined,
    resolve: () => Promise.reject(new Error('no resolver')),
    userAgent: 'test',
  });
  await agent.start();
  return { agent, log };
}

async function pair(seed: number) {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock, rough, seed);
  const caller = await side(clock, network, '10.0.0.1', seed);
  const callee = await side(clock, network, '10.0.0.2', seed + 1000);
  const calls: Session[] = [];
  callee.agent.on('invite', (session) => calls.push(session));
  return { clock, network, caller, callee, calls };
}

/** No handler may have failed on the way. */
function faults({ log }: Side): readonly string[] {
  return log.lines.filter(({ level }) => level === 'error').map(({ event }) => event);
}

describe('a rough network', () => {
  it.each(seeds)('carries a call from its INVITE to its BYE (seed %i)', async (seed) => {
    const { clock, caller, callee, calls } = await pair(seed);
    const ears: SessionEars[] = [];
    callee.agent.on('invite', (session) => {
      ears.push(new SessionEars(session));
      session.ring();
      session.accept(answer);
    });
    const session = caller.agent.invite({ target: 'sip:x@10.0.0.2', account: peerAccount, offer });
    const own = new SessionEars(session);
    clock.advance(20_000);
    expect(calls).toHaveLength(1);
    expect([session.state, calls[0]?.state]).toEqual(['confirmed', 'confirmed']);
    expect(own.heard.filter((heard) => heard.startsWith('accepted'))).toEqual(['accepted 200: v=0 answer']);
    expect(ears[0]?.heard).toEqual(['acknowledged']);
    calls[0]?.hangup();
    clock.advance(40_000);
    expect([own.end?.reason, ears[0]?.end?.reason]).toEqual(['remote-hangup', 'local-hangup']);
    clock.advance(70_000);
    expect(clock.timers).toEqual([]);
    expect([...faults(caller), ...faults(callee)]).toEqual([]);
  });

  it.each(seeds)('lets a CANCEL and an answer cross at any moment (seed %i)', async (seed) => {
    const { clock, caller, callee, calls } = await pair(seed);
    const chance = new SeededRandom(seed);
    callee.agent.on('invite', (session) => {
      session.ring();
    });
    const session = caller.agent.invite({ target: 'sip:x@10.0.0.2', account: peerAccount, offer });
    clock.advance(1000 + chance.uniform() * 200);
    if (chance.uniform() < 0.5) calls[0]?.accept(answer);
    clock.advance(chance.uniform() * 300);
    session.hangup();
    clock.advance(200_000);
    expect(session.state).toBe('terminated');
    expect(calls.map((call) => call.state)).toEqual(calls.map(() => 'terminated'));
    expect(clock.timers).toEqual([]);
    expect([...faults(caller), ...faults(callee)]).toEqual([]);
  });

  it.each(seeds)('lets both sides offer anew at once (seed %i)', async (seed) => {
    const { clock, caller, callee, calls } = await pair(seed);
    const taken: string[] = [];
    const listen = (session: Session, name: string): void => {
      session.on('negotiation', (negotiation) => negotiation.accept(answer));
      session.on('answer', () => taken.push(name));
    };
    callee.agent.on('invite', (session) => {
      listen(session, 'callee');
      session.accept(answer);
    });
    const session = caller.agent.invite({ target: 'sip:x@10.0.0.2', account: peerAccount, offer });
    listen(session, 'caller');
    clock.advance(20_000);
    session.reoffer(offer);
    calls[0]?.reoffer(offer);
    clock.advance(60_000);
    expect(taken.sort((one, other) => one.localeCompare(other))).toEqual(['callee', 'caller']);
    session.hangup();
    clock.advance(200_000);
    expect(clock.timers).toEqual([]);
    expect([...faults(caller), ...faults(callee)]).toEqual([]);
  });
});
