// The board contract, held against relays and inputs of modules beside a board.

import { silentLog } from '../../src/base/log.ts';
import { millis } from '../../src/base/units.ts';
import { LcusModule, ModbusBus, ModbusModule, ModuleBoard, VirtualBoard } from '../../src/hardware/drivers/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeModbusLine } from '../support/fake-modbus.ts';
import { FakeSerial } from '../support/fake-serial.ts';
import { ProcessExits } from '../support/process-exits.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { describeBoard } from './board-suite.ts';

const DEVICE = { path: '/dev/ttyUSB0', settings: { baud: 9600, dataBits: 8, parity: 'none', stopBits: 1 } } as const;

function surroundings() {
  const clock = new FakeClock();
  const { onProcessExit, exit } = new ProcessExits();
  const system = new FakeSerial();
  const reports = { lost: () => undefined, found: () => undefined, garbled: () => undefined };
  return {
    clock,
    device: system.device(DEVICE.path),
    serial: { clock, random: new SeededRandom(), system, reports },
    reports,
    board: new VirtualBoard({ clock, log: silentLog, onProcessExit }),
    services: { clock, log: silentLog, onProcessExit },
    exit,
  };
}

describeBoard('with an LCUS module', async () => {
  const { clock, device, serial, board, services, exit } = surroundings();
  const on = new Set<number>();
  device.onWritten = ([, relay = 0, state]) => {
    if (state === 1) on.add(relay);
    else on.delete(relay);
  };
  const whole = new ModuleBoard(
    board,
    new Map([['usb', (listener) => new LcusModule('usb', 2, DEVICE, serial, listener)]]),
    (line) => {
      const number = ['strike', 'gate'].indexOf(line) + 1;
      return number === 0 ? undefined : { module: 'usb', direction: 'output', number, isInverted: false };
    },
    services,
  );
  await clock.advanceAsync(10);
  return {
    board: whole,
    input: 'button',
    output: 'strike',
    otherOutput: 'gate',
    press: async (active) => {
      clock.advance(1);
      whole.setLine('button', active);
    },
    isDriven: (output) => on.has(output === 'strike' ? 1 : 2),
    now: () => clock.now(),
    exit,
    dispose: () => whole.close(),
  };
});

for (const isInverted of [false, true]) {
  describeBoard(`with a Modbus module${isInverted ? ', its input inverted' : ''}`, async () => {
    const { clock, device, serial, reports, board, services, exit } = surroundings();
    const line = new FakeModbusLine((bytes) => device.send(bytes));
    device.onWritten = (bytes) => line.take(bytes);
    const played = line.add(7, 2, 1);
    played.inputs[0] = isInverted;
    const bus = new ModbusBus(DEVICE, serial);
    const options = { name: 'io', unit: 7, relays: 2, inputs: 1, poll: millis(50), answerWithin: millis(100) };
    const places = {
      contact: { module: 'io', direction: 'input', number: 1, isInverted },
      strike: { module: 'io', direction: 'output', number: 1, isInverted: false },
      gate: { module: 'io', direction: 'output', number: 2, isInverted: false },
    } as const;
    const whole = new ModuleBoard(
      board,
      new Map([['io', (listener) => new ModbusModule({ ...options, bus, reports, listener })]]),
      (name) => (name === 'contact' || name === 'strike' || name === 'gate' ? places[name] : undefined),
      services,
    );
    bus.start();
    await clock.advanceAsync(100);
    return {
      board: whole,
      input: 'contact',
      output: 'strike',
      otherOutput: 'gate',
      press: async (active) => {
        clock.advance(100);
        played.inputs[0] = active !== isInverted;
        clock.advance(200);
      },
      isDriven: (output) => {
        clock.advance(100);
        return played.coils[output === 'strike' ? 0 : 1] === true;
      },
      now: () => clock.now(),
      exit,
      dispose: () => whole.close(),
    };
  });
}
