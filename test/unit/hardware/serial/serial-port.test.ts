// A serial device that comes and goes, and what is told of it.

import { beforeEach, describe, expect, it } from 'vitest';
import { SerialPort } from '../../../../src/hardware/drivers/serial/serial-port.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { FakeSerial, type FakeSerialDevice } from '../../../support/fake-serial.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const PATH = '/dev/ttyUSB0';

let clock: FakeClock;
let serial: FakeSerial;
let device: FakeSerialDevice;
let said: string[];
let got: number[];
let port: SerialPort;

beforeEach(() => {
  clock = new FakeClock();
  serial = new FakeSerial();
  device = serial.device(PATH);
  said = [];
  got = [];
  port = new SerialPort(
    { path: PATH, settings: { baud: 9600, dataBits: 7, parity: 'even', stopBits: 1 } },
    {
      clock,
      random: new SeededRandom(),
      system: serial,
      reports: {
        lost: (_, what) => said.push(what),
        found: (path) => said.push(`${path} is back`),
        garbled: () => undefined,
      },
    },
    {
      opened: () => said.push('opened'),
      received: (bytes) => got.push(...bytes),
      lost: () => said.push('lost'),
    },
  );
});

async function start(): Promise<void> {
  port.start();
  await settle();
}

describe('SerialPort', () => {
  it('opens the device as it is to be spoken with, and gives what it sends', async () => {
    await start();
    device.send('12');
    expect(device.settings).toEqual({ baud: 9600, dataBits: 7, parity: 'even', stopBits: 1 });
    expect(got).toEqual([0x31, 0x32]);
    expect(said).toEqual(['opened']);
  });

  it('says once of a device that is not there, looks for it every few seconds, and takes it when it comes', async () => {
    device.unplug();
    await start();
    await clock.advanceAsync(3_600_000);
    expect(said).toEqual([`${PATH} is not there`, 'lost']);
    expect(serial.tries).toBeGreaterThan(600);
    expect(serial.tries).toBeLessThan(900);
    device.plug();
    await clock.advanceAsync(5000);
    expect(said).toEqual([`${PATH} is not there`, 'lost', `${PATH} is back`, 'opened']);
    device.send('1');
    expect(got).toEqual([0x31]);
  });

  it('comes back within a second when it was pulled out and put in again', async () => {
    await start();
    await clock.advanceAsync(60_000);
    device.unplug();
    await clock.advanceAsync(100);
    device.plug();
    await clock.advanceAsync(900);
    expect(said).toEqual(['opened', `${PATH} is gone`, 'lost', `${PATH} is back`, 'opened']);
  });

  it('tells of a loose contact three times, and then once a minute at the most', async () => {
    await start();
    for (let turn = 0; turn < 100; turn += 1) {
      device.unplug();
      await clock.advanceAsync(50);
      device.plug();
      await clock.advanceAsync(6000);
    }
    const told = said.filter((line) => line.endsWith('is gone')).length;
    expect(told).toBeGreaterThan(10);
    expect(told).toBeLessThanOrEqual(15);
  });

  it('sends on when there is room again', async () => {
    await start();
    device.room = 2;
    expect(port.write(Uint8Array.from([1, 2, 3, 4, 5]))).toBe(true);
    expect(device.takeWritten()).toEqual([1, 2, 3, 4, 5]);
    device.room = 0;
    expect(port.write(Uint8Array.from([6, 7]))).toBe(true);
    expect(port.write(Uint8Array.from([8]))).toBe(true);
    clock.advance(50);
    expect(device.takeWritten()).toEqual([]);
    device.room = 1;
    clock.advance(50);
    expect(device.takeWritten()).toEqual([6, 7, 8]);
  });

  it('keeps no more than a few messages for a device that takes none', async () => {
    await start();
    device.room = 0;
    const taken = Array.from({ length: 100 }, () => port.write(new Uint8Array(16))).filter((one) => one).length;
    expect(taken).toBe(32);
  });

  it('sends nothing to a device that is gone, and nothing of it when it is back', async () => {
    await start();
    device.room = 0;
    port.write(Uint8Array.from([1, 2]));
    device.room = 9;
    device.unplug();
    expect(port.write(Uint8Array.from([3]))).toBe(false);
    device.plug();
    await clock.advanceAsync(5000);
    expect(device.takeWritten()).toEqual([]);
    expect(port.write(Uint8Array.from([4]))).toBe(true);
    expect(device.takeWritten()).toEqual([4]);
  });

  it('lets others have their turn while a device sends without end', async () => {
    await start();
    device.send(Array<number>(100_000).fill(0x55));
    expect(got.length).toBeLessThanOrEqual(1024);
  });

  it('gives the device back when it is closed, also while it is being opened', async () => {
    port.start();
    port.close();
    await settle();
    expect(device.isOpen).toBe(false);
    expect(said).toEqual([]);
    expect(clock.timers).toEqual([]);
  });
});
