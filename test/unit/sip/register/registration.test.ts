import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { DOOR_CONTACT, REGISTRAR, ScriptedRegistrar } from '../../../support/scripted-registrar.ts';
import { type Bench, bench } from '../../../support/sip-bench.ts';

const account: Account = {
  uri: `sip:door@${REGISTRAR}`,
  password: new Secret('sesame'),
  expires: seconds(300),
  register: true,
};

interface Registered extends Bench {
  readonly registrar: ScriptedRegistrar;
}

/** A door whose registrar is up; the first REGISTERs have been exchanged. */
async function registered({ password = 'sesame', own = account } = {}): Promise<Registered> {
  const clock = new FakeClock();
  let registrar: ScriptedRegistrar | undefined;
  const made = await bench({ clock, accounts: [own] }, async (network) => {
    registrar = await ScriptedRegistrar.start(network, () => clock.now(), password);
  });
  if (registrar === undefined) throw new Error('no registrar');
  clock.advance(100);
  return { ...made, registrar };
}

/** How long after `restart` the door was bound again. */
async function timeToReturn({ clock, registrar }: Registered, limit = 120_000): Promise<number> {
  await registrar.restart();
  const back = clock.now();
  while (!registrar.bindings.has(DOOR_CONTACT) && clock.now() - back < limit) clock.advance(10);
  return clock.now() - back;
}

describe('registration (RFC 3665 §2.1)', () => {
  it('binds our address after a challenge, in one call with rising CSeq', async () => {
    const { registrar, registrations, agent } = await registered();
    expect(registrar.bindings).toEqual(new Map([[DOOR_CONTACT, 300]]));
    expect(registrar.notes.map(({ status }) => status)).toEqual([401, 200]);
    expect(new Set(registrar.notes.map(({ callId }) => callId)).size).toBe(1);
    expect(registrations).toMatchObject([{ account, registered: true, reason: null }]);
    expect(agent.registrations).toEqual(registrations);
    expect([...agent.servers]).toEqual([REGISTRAR]);
  });

  it('addresses the registrar, not a user of it (§10.2)', async () => {
    const { registrar } = await registered();
    const register = registrar.phone.requests('REGISTER')[0];
    expect(register?.requestUri).toBe(`sip:${REGISTRAR}`);
    expect(register?.to.uri).toBe(`sip:door@${REGISTRAR}`);
    expect(register?.toTag).toBeUndefined();
  });

  it('renews the binding before it ends, with rising CSeq and without a new challenge', async () => {
    const { clock, registrar, registrations } = await registered();
    clock.advance(600_000);
    const binds = registrar.bindsTried.filter(({ status }) => status === 200);
    const gaps = binds.slice(1).map(({ at }, index) => at - (binds[index]?.at ?? 0));
    expect(binds.length).toBeGreaterThanOrEqual(4);
    for (const gap of gaps) expect(gap).toBeLessThan(200_000);
    const sequences = registrar.notes.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(registrar.notes.filter(({ status }) => status === 401)).toHaveLength(1);
    expect(registrations).toHaveLength(1);
  });

  it('obeys the life that the registrar grants', async () => {
    const clock = new FakeClock();
    let registrar: ScriptedRegistrar | undefined;
    await bench({ clock, accounts: [account] }, async (network) => {
      registrar = await ScriptedRegistrar.start(network, () => clock.now());
      registrar.grants = 20;
    });
    clock.advance(60_000);
    const binds = registrar?.bindsTried.filter(({ status }) => status === 200) ?? [];
    for (const [index, { at }] of binds.slice(1).entries()) expect(at - (binds[index]?.at ?? 0)).toBeLessThan(13_000);
    expect(binds.length).toBeGreaterThan(4);
  });

  it('asks for more when the interval is too brief (§10.2.8)', async () => {
    const { registrar, clock } = await registered({ own: { ...account, expires: seconds(30) } });
    registrar.kill();
    await registrar.restart();
    registrar.override = (request) =>
      Number(request.headers.get('Expires') ?? 900) < 900
        ? { status: 423, headers: [['Min-Expires', '900']] }
        : undefined;
    clock.advance(4000);
    expect(registrar.bindings).toEqual(new Map([[DOOR_CONTACT, 900]]));
  });

  it('removes the binding when it stops (RFC 3665 §2.4)', async () => {
    const { clock, registrar, agent } = await registered();
    const stopped = agent.stop();
    await clock.advanceAsync(10);
    await stopped;
    expect(registrar.bindings.size).toBe(0);
    expect(registrar.bindsTried.at(-1)?.contact).toContain('expires=0');
  });

  it('stops within two seconds without its registrar', async () => {
    const { clock, registrar, agent } = await registered();
    registrar.kill();
    let over = false;
    void agent.stop().then(() => {
      over = true;
    });
    await clock.advanceAsync(2001);
    expect(over).toBe(true);
    expect(clock.timers.filter(({ name }) => name.startsWith('registration'))).toEqual([]);
  });
});

describe('what does not mend itself', () => {
  it('says `wrong password`, and tries no sooner than after a minute', async () => {
    const { clock, registrar, registrations, log } = await registered({ password: 'another' });
    expect(registrations).toMatchObject([{ account, registered: false, reason: 'wrong password', status: 401 }]);
    expect(registrar.notes).toHaveLength(2);
    clock.advance(59_000);
    expect(registrar.notes).toHaveLength(2);
    clock.advance(20_000);
    expect(registrar.notes.length).toBeGreaterThan(2);
    expect(registrations).toHaveLength(1);
    expect(log.text).not.toContain('sesame');
  });

  it('says that a password is asked for where there is none', async () => {
    const { password: _, ...open } = account;
    const { registrations } = await registered({ own: open });
    expect(registrations.map(({ reason, status }) => [reason, status])).toEqual([['a password is asked for', 401]]);
  });

  it('takes a changed password for what it is, and recovers when it is changed back', async () => {
    const { clock, registrar, registrations } = await registered();
    registrar.override = () => ({ status: 403 });
    clock.advance(3000);
    expect(registrations.at(-1)).toMatchObject({ registered: false, reason: '403 Forbidden', status: 403 });
    const before = registrar.notes.length;
    clock.advance(55_000);
    expect(registrar.notes.length - before).toBe(0);
    registrar.override = undefined;
    clock.advance(30_000);
    expect(registrations.at(-1)).toMatchObject({ registered: true, reason: null });
  });

  it('obeys Retry-After', async () => {
    const { clock, registrar, registrations } = await registered();
    registrar.override = () => ({ status: 503, headers: [['Retry-After', '40']] });
    clock.advance(2500);
    const asked = registrar.notes.length;
    expect(registrations.at(-1)?.reason).toBe('503 Service Unavailable');
    clock.advance(37_000);
    expect(registrar.notes).toHaveLength(asked);
    clock.advance(10_000);
    expect(registrar.notes.length).toBeGreaterThan(asked);
  });

  it('does not storm a server that fails, nor one that answers with nonsense', async () => {
    const { clock, registrar } = await registered();
    registrar.override = () => ({ status: 500 });
    const before = registrar.notes.length;
    clock.advance(30_000);
    expect(registrar.notes.length - before).toBeLessThanOrEqual(30);
    clock.advance(600_000);
    expect(registrar.notes.length - before).toBeLessThanOrEqual(60);
  });
});

describe('a server that dies and returns', () => {
  it.each([300, 1200, 3000, 7700, 12_345, 21_000, 29_900])(
    'has its binding again within 3 s of its return after %i ms',
    async (outage) => {
      const made = await registered();
      made.clock.advance(10_000 + outage / 7);
      made.registrar.kill();
      made.clock.advance(outage);
      expect(await timeToReturn(made)).toBeLessThanOrEqual(3000);
      expect(made.agent.registrations[0]?.registered).toBe(true);
    },
  );

  it('holds that for a door that has never been registered', async () => {
    const clock = new FakeClock();
    let registrar: ScriptedRegistrar | undefined;
    const made = await bench({ clock, accounts: [account] }, async (network) => {
      registrar = await ScriptedRegistrar.start(network, () => clock.now());
      registrar.kill();
    });
    if (registrar === undefined) throw new Error('no registrar');
    clock.advance(25_000);
    expect(await timeToReturn({ ...made, registrar })).toBeLessThanOrEqual(3000);
  });

  it('is noticed, and said once', async () => {
    const { clock, registrar, registrations } = await registered();
    registrar.kill();
    clock.advance(6000);
    expect(registrations.at(-1)).toMatchObject({
      account,
      registered: false,
      reason: 'no answer from 10.0.0.5:5060',
    });
    clock.advance(300_000);
    expect(registrations).toHaveLength(2);
  });

  it('is asked ever more seldom, and found within a minute or so after a long outage', async () => {
    const made = await registered();
    made.registrar.kill();
    made.clock.advance(40_000);
    const before = made.network.sent.length;
    made.clock.advance(600_000);
    // Per attempt of 8 s five packets leave at most; the waits are 30 to 60 s.
    expect(made.network.sent.length - before).toBeLessThan(140);
    expect(await timeToReturn(made)).toBeLessThanOrEqual(61_000);
  });

  it('never has two REGISTERs of ours open at once, and is sent no more than two packets a second', async () => {
    const made = await registered();
    made.registrar.kill();
    const before = made.network.sent.length;
    made.clock.advance(30_000);
    expect(made.network.sent.length - before).toBeLessThanOrEqual(60);
    expect(made.clock.timers.filter(({ name }) => name === 'registration attempt')).toHaveLength(1);
  });

  it('is asked at once when the network has changed', async () => {
    const made = await registered();
    made.registrar.kill();
    made.clock.advance(300_000);
    await made.registrar.restart();
    made.agent.networkChanged();
    made.clock.advance(100);
    expect(made.registrar.bindings.has(DOOR_CONTACT)).toBe(true);
  });
});

describe('a registrar with habits of its own', () => {
  it('is not asked any more when it does not list what is bound', async () => {
    const { clock, registrar, registrations } = await registered();
    registrar.listsOnQuestion = false;
    clock.advance(60_000);
    const before = registrar.notes.length;
    clock.advance(300_000);
    expect(registrar.notes.length - before).toBeLessThanOrEqual(7);
    expect(registrations).toHaveLength(1);
  });

  it('is answered by nobody else: a 200 from a stranger with another branch counts for nothing', async () => {
    const { clock, registrar, registrations, phone } = await registered();
    registrar.kill();
    phone.sendBytes(
      Buffer.from(
        'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKguess\r\nFrom: <sip:door@10.0.0.5>;tag=1\r\n' +
          'To: <sip:door@10.0.0.5>;tag=2\r\nCall-ID: x\r\nCSeq: 2 REGISTER\r\nContent-Length: 0\r\n\r\n',
      ),
      { address: '10.0.0.9', port: 5060 },
    );
    clock.advance(6000);
    expect(registrations.at(-1)?.registered).toBe(false);
  });
});

describe('lost packets', () => {
  it('cost a second or two, not the registration', async () => {
    const clock = new FakeClock();
    let registrar: ScriptedRegistrar | undefined;
    const made = await bench({ clock, accounts: [account] }, async (network) => {
      registrar = await ScriptedRegistrar.start(network, () => clock.now());
      const lost = new Set<string>();
      network.swallow = ({ bytes }) => {
        const text = bytes.toString('latin1');
        if (lost.has(text)) return false;
        lost.add(text);
        return true;
      };
    });
    clock.advance(5000);
    expect(registrar?.bindings.has(DOOR_CONTACT)).toBe(true);
    clock.advance(120_000);
    expect(made.registrations.map(({ registered: yes }) => yes)).toEqual([true]);
  });
});
