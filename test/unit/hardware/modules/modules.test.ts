// Relays and inputs of modules: safe whenever somebody is in doubt, and told of when they do not obey.

import { beforeEach, describe, expect, it } from 'vitest';
import { DoorphoneError } from '../../../../src/base/errors.ts';
import { millis } from '../../../../src/base/units.ts';
import { LcusModule, type LineModule, ModbusBus, ModbusModule } from '../../../../src/hardware/drivers/index.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { FakeModbusLine, type FakeModbusModule } from '../../../support/fake-modbus.ts';
import { FakeSerial, type FakeSerialDevice } from '../../../support/fake-serial.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const PATH = '/dev/ttyUSB0';
const DEVICE = { path: PATH, settings: { baud: 9600, dataBits: 8, parity: 'none', stopBits: 1 } } as const;

let clock: FakeClock;
let serial: FakeSerial;
let device: FakeSerialDevice;
let said: string[];

beforeEach(() => {
  clock = new FakeClock();
  serial = new FakeSerial();
  device = serial.device(PATH);
  said = [];
});

const services = () => ({
  clock,
  random: new SeededRandom(),
  system: serial,
  reports: {
    lost: (_: string, what: string) => void said.push(`lost: ${what}`),
    found: (which: string) => void said.push(`found: ${which}`),
    garbled: () => undefined,
  },
});

const listener = {
  relayFailed: (relay: number, why: string) => void said.push(`relay ${relay} failed: ${why}`),
  inputChanged: (input: number, active: boolean) => void said.push(`input ${input}: ${active}`),
};

function failure(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (thrown) {
    return thrown instanceof DoorphoneError ? `${thrown.code}: ${thrown.message}` : String(thrown);
  }
}

describe('an LCUS board', () => {
  let module: LcusModule;
  beforeEach(async () => {
    module = new LcusModule('strike', 2, DEVICE, services(), listener);
    module.useRelay(1);
    await settle();
  });

  const OFF = [0xa0, 1, 0, 0xa1];
  const ON = [0xa0, 1, 1, 0xa2];

  it('is driven off when it is there, and only what is used', async () => {
    expect(device.takeWritten()).toEqual(OFF);
    expect(await module.released()).toBeUndefined();
  });

  it('switches', () => {
    device.takeWritten();
    module.drive(1, true);
    expect(device.takeWritten()).toEqual(ON);
    expect(module.isOn(1)).toBe(true);
    module.drive(1, false);
    expect(device.takeWritten()).toEqual(OFF);
    expect(module.isOn(1)).toBe(false);
  });

  it('that is pulled out while a relay is on says so, refuses, and is driven off when it is back', async () => {
    module.drive(1, true);
    device.unplug();
    expect(said).toEqual([`lost: ${PATH} is gone`, `relay 1 failed: ${PATH} is gone`]);
    expect(failure(() => module.drive(1, false))).toContain('line-failed');
    expect(failure(() => module.drive(1, true))).toContain(`line-failed: relay 1 of module strike cannot be driven`);
    device.takeWritten();
    device.plug();
    await clock.advanceAsync(5000);
    expect(device.takeWritten()).toEqual(OFF);
    expect(module.isOn(1)).toBe(false);
    expect(failure(() => module.drive(1, false))).toBeUndefined();
  });

  it('that is not there is known to be not released', async () => {
    const absent = new LcusModule('other', 1, { ...DEVICE, path: '/dev/none' }, services(), listener);
    absent.useRelay(1);
    expect(await absent.released()).toBe('/dev/none is not there');
    absent.close();
  });

  it('is driven off when it is closed', () => {
    module.drive(1, true);
    device.takeWritten();
    module.close();
    expect(device.takeWritten()).toEqual(OFF);
  });
});

describe('Modbus', () => {
  let line: FakeModbusLine;
  let bus: ModbusBus;
  let relays: FakeModbusModule;
  let io: FakeModbusModule;

  beforeEach(() => {
    line = new FakeModbusLine((bytes) => device.send(bytes));
    device.onWritten = (bytes) => line.take(bytes);
    relays = line.add(1, 4, 0);
    io = line.add(2, 2, 4);
    bus = new ModbusBus(DEVICE, services());
  });

  function module(name: string, unit: number, counts: { relays: number; inputs: number }): LineModule {
    const options = { name, unit, ...counts, poll: millis(100), answerWithin: millis(200) };
    return new ModbusModule({ ...options, bus, reports: services().reports, listener });
  }

  async function start(): Promise<LineModule> {
    const made = module('strike', 1, { relays: 4, inputs: 0 });
    made.useRelay(1);
    made.useRelay(3);
    bus.start();
    await clock.advanceAsync(500);
    return made;
  }

  it('modules are asked what they are, and their relays driven off, before anything else', async () => {
    relays.coils.fill(true);
    const strike = await start();
    expect(relays.asked).toEqual(['010100000004', '010500000000', '010500020000']);
    expect(relays.coils).toEqual([false, true, false, true]);
    expect(await strike.released()).toBeUndefined();
    expect(said).toEqual([]);
  });

  it('relays switch, and are on when the module has said so', async () => {
    const strike = await start();
    strike.drive(1, true);
    await clock.advanceAsync(20);
    expect(relays.coils[0]).toBe(true);
    strike.drive(1, false);
    await clock.advanceAsync(20);
    expect(relays.coils[0]).toBe(false);
    expect(said).toEqual([]);
  });

  it('there is silence of 3.5 characters between messages: 4 ms at 9600 baud, 1.75 ms above 19200', async () => {
    for (const [baud, silence] of [
      [9600, 4.01],
      [115_200, 1.75],
    ] as const) {
      const times: number[] = [];
      const path = `/dev/ttyS${baud}`;
      const other = serial.device(path);
      const otherLine = new FakeModbusLine((bytes) => other.send(bytes));
      otherLine.add(1, 1, 0);
      other.onWritten = (bytes) => {
        times.push(clock.now());
        otherLine.take(bytes);
      };
      const fast = new ModbusBus({ path, settings: { ...DEVICE.settings, baud } }, services());
      fast.start();
      await settle();
      const question = { unit: 1, answerWithin: millis(100), tries: 1, answered: () => undefined };
      for (let turn = 0; turn < 3; turn += 1) {
        fast.ask({ ...question, request: { kind: 'read-coils', first: 0, count: 1 } });
      }
      await clock.advanceAsync(100);
      expect(times).toHaveLength(3);
      for (const [at, time] of times.slice(1).entries()) {
        expect(time - (times[at] ?? 0)).toBeGreaterThanOrEqual(silence);
        expect(time - (times[at] ?? 0)).toBeLessThan(silence + 1);
      }
      fast.close();
    }
  });

  it('an answer that is spoilt is asked for again, three times in all', async () => {
    const strike = await start();
    relays.spoilt = 2;
    strike.drive(1, true);
    await clock.advanceAsync(1000);
    expect(relays.coils[0]).toBe(true);
    expect(said).toEqual([]);
    relays.spoilt = 3;
    strike.drive(3, true);
    await clock.advanceAsync(1500);
    expect(said).toEqual([
      `lost: module strike (1 at ${PATH}): its answers make no sense`,
      'relay 1 failed: its answers make no sense',
      'relay 3 failed: its answers make no sense',
      `found: module strike (1 at ${PATH})`,
    ]);
    expect(relays.coils).toEqual([false, false, false, false]);
  });

  it('a relay that the module does not confirm is not on, is told of, and driven off when the module is back', async () => {
    const strike = await start();
    strike.drive(1, true);
    await clock.advanceAsync(50);
    relays.isOn = false;
    strike.drive(3, true);
    await clock.advanceAsync(1000);
    expect(said).toEqual([
      `lost: module strike (1 at ${PATH}): it does not answer`,
      'relay 1 failed: it does not answer',
      'relay 3 failed: it does not answer',
    ]);
    expect([strike.isOn(1), strike.isOn(3)]).toEqual([false, false]);
    expect(failure(() => strike.drive(1, false))).toContain('line-failed');
    expect(failure(() => strike.drive(3, true))).toContain('it does not answer');
    expect(relays.coils[0]).toBe(true);
    relays.isOn = true;
    await clock.advanceAsync(3000);
    expect(relays.coils[0]).toBe(false);
    expect(said.at(-1)).toBe(`found: module strike (1 at ${PATH})`);
    expect(failure(() => strike.drive(1, false))).toBeUndefined();
  });

  it('what was to be switched on when the module was lost is not switched on later', async () => {
    const strike = await start();
    relays.isOn = false;
    strike.drive(1, true);
    strike.drive(3, true);
    await clock.advanceAsync(700);
    relays.isOn = true;
    await clock.advanceAsync(5000);
    expect(relays.asked.filter((asked) => asked.startsWith('0105') && asked.includes('ff00'))).toEqual([]);
    expect(relays.coils).toEqual([false, false, false, false]);
  });

  it('a module that says no is told of in its words', async () => {
    relays.exception = 4;
    const strike = await start();
    expect(said).toEqual([`lost: module strike (1 at ${PATH}): it has failed`]);
    expect(await strike.released()).toBe('it has failed');
  });

  it('a module that has restarted has let go', async () => {
    const strike = await start();
    strike.drive(1, true);
    await clock.advanceAsync(50);
    relays.restart();
    await clock.advanceAsync(2100);
    expect(said).toEqual(['relay 1 failed: it has let go']);
    expect(strike.isOn(1)).toBe(false);
  });

  it('a relay that somebody else has switched on is driven off, and told of once a minute', async () => {
    await start();
    for (let turn = 0; turn < 5; turn += 1) {
      relays.coils[0] = true;
      await clock.advanceAsync(2500);
      expect(relays.coils[0]).toBe(false);
    }
    expect(said).toEqual(['relay 1 failed: it was on, and nobody had switched it on']);
  });

  it('inputs are read again and again; those of a module that is lost are not active', async () => {
    const inputs = module('io', 2, { relays: 2, inputs: 4 });
    inputs.useInput(2);
    bus.start();
    await clock.advanceAsync(300);
    io.inputs[1] = true;
    io.inputs[2] = true;
    await clock.advanceAsync(150);
    expect(inputs.isActive(2)).toBe(true);
    io.isOn = false;
    await clock.advanceAsync(2000);
    expect(said).toEqual(['input 2: true', `lost: module io (2 at ${PATH}): it does not answer`, 'input 2: false']);
    io.isOn = true;
    await clock.advanceAsync(3000);
    expect(said.slice(3)).toEqual([`found: module io (2 at ${PATH})`, 'input 2: true']);
  });

  it('several modules share a line; one that is silent does not keep the others from opening', async () => {
    const strike = await start();
    const inputs = module('io', 2, { relays: 2, inputs: 4 });
    inputs.useInput(1);
    device.unplug();
    await clock.advanceAsync(100);
    io.isOn = false;
    device.plug();
    await clock.advanceAsync(10_000);
    for (let turn = 0; turn < 20; turn += 1) {
      strike.drive(1, true);
      await clock.advanceAsync(400);
      expect(relays.coils[0]).toBe(true);
      strike.drive(1, false);
      await clock.advanceAsync(400);
      expect(relays.coils[0]).toBe(false);
    }
  });

  it('an adapter that hears itself confirms nothing', async () => {
    line.echoes = true;
    relays.isOn = false;
    const strike = await start();
    expect(failure(() => strike.drive(1, true))).toContain('line-failed');
    expect(said[0]).toMatch(/^lost: module strike/);
  });

  it('a line that is never silent is told of, and opens nothing', async () => {
    const strike = await start();
    said.length = 0;
    const noise = (): void => {
      device.send([0x55]);
      clock.after(millis(1), 'noise', noise);
    };
    noise();
    strike.drive(1, true);
    await clock.advanceAsync(3000);
    expect(said).toContain(`relay 1 failed: its line is never silent`);
    expect(strike.isOn(1)).toBe(false);
  });

  it('what may be on is off when the process ends, with silence between the messages', async () => {
    const strike = await start();
    strike.drive(1, true);
    strike.drive(3, true);
    await clock.advanceAsync(100);
    strike.releaseNow();
    expect(relays.coils).toEqual([false, false, false, false]);
    expect(serial.slept).toBeGreaterThan(8);
    expect(serial.slept).toBeLessThan(200);
    strike.close();
    expect(device.isOpen).toBe(false);
    expect(clock.timers).toEqual([]);
  });
});
