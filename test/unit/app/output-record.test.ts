// What a service leaves for `doorphone release`: where its relays are, written when it is news.

import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../src/api/journal.ts';
import { wire } from '../../../src/app/boards.ts';
import { Faults } from '../../../src/app/faults.ts';
import { withModules } from '../../../src/app/modules.ts';
import { keepRecord, type OutputRecord, readRecord, recordOf } from '../../../src/app/output-record.ts';
import { silentLog } from '../../../src/base/log.ts';
import { SystemRandom } from '../../../src/base/random.ts';
import type { Configuration } from '../../../src/config/index.ts';
import { GpioBoard } from '../../../src/hardware/drivers/index.ts';
import type { Board } from '../../../src/hardware/ports/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeChip, FakeGpio } from '../../support/fake-gpio.ts';
import { FakeSerial } from '../../support/fake-serial.ts';
import { parse } from '../config/support.ts';

const clock = new FakeClock();
const journal = new Journal(clock, silentLog);
let faults: Faults;
let configuration: Configuration;
let board: Board;
beforeEach(() => {
  faults = new Faults(journal, silentLog);
  configuration = configured(`
board: test
lines: { strike: { at: "pinctrl:2", active: low, drive: open-drain } }
modules: { usb: { device: "serial:/dev/ttyUSB0", protocol: lcus, relays: 2 } }
buttons: { front: { line: button, call: [ "sip:1@x" ], held: { switch: "usb:relay1" } } }
doors: { main: { relay: relay }, yard: { relay: strike }, garage: { relay: "usb:relay2" } }
lamps: { front: { line: lamp } }
`);
  const services = { clock, log: silentLog, faults, onProcessExit: () => () => undefined };
  const chip = new FakeChip('pinctrl', ['button', 'relay', '', 'lamp']);
  const system = new FakeGpio([new FakeChip('soc', ['other']), chip], clock);
  const serial = new FakeSerial();
  serial.device('/dev/ttyUSB0');
  const data = { name: 'test', compatible: [], controls: {}, pins: {}, header: {}, lines: {} };
  const wired = wire({ ...data, title: '', serial: [], overlays: [], notes: [] }, configuration.lines);
  board = withModules(new GpioBoard(wired, { ...services, system }), configuration, {
    ...services,
    journal,
    random: new SystemRandom(),
    system: serial,
  });
});

function configured(text: string): Configuration {
  const { configuration: made, faults: found } = parse(text);
  if (made === undefined) throw new Error(JSON.stringify(found));
  return made;
}

const WHERE = { machine: 'raspberrypi,4-model-b', sysfs: false };

describe('the record', () => {
  it('has every relay that is taken, by its wire or its module, and neither lamps nor buttons', () => {
    board.input('button');
    for (const line of ['relay', 'strike', 'usb:relay1', 'usb:relay2', 'lamp']) board.output(line);
    const { usb: module } = configuration.modules;
    const wired = { chip: 'pinctrl', chipName: 'gpiochip1' };
    expect(recordOf(configuration, board, WHERE)).toEqual({
      ...WHERE,
      board: 'test',
      wired: [
        { ...wired, line: 'relay', offset: 1, activeLow: false, drive: 'push-pull' },
        { ...wired, line: 'strike', offset: 2, activeLow: true, drive: 'open-drain' },
      ],
      modules: [
        { line: 'usb:relay2', relay: 2, module },
        { line: 'usb:relay1', relay: 1, module },
      ],
    });
  });

  it('has no relay whose line could not be taken: it is another’s', () => {
    board.output('strike');
    board.input('relay');
    expect(recordOf(configuration, board, WHERE).wired.map(({ line }) => line)).toEqual(['strike']);
  });
});

describe('it is kept', () => {
  let file: string;
  let writes: number;
  let full: boolean;
  const memory = {
    read: () => file,
    replace: (text: string) => {
      if (full) throw new Error('ENOSPC: no space left on device');
      writes += 1;
      file = text;
    },
  };
  let record: OutputRecord;
  beforeEach(() => {
    [file, writes, full] = ['', 0, false];
    board.output('relay');
    board.output('usb:relay2');
    record = recordOf(configuration, board, WHERE);
  });

  it('so that it reads the same, and written only when it is another', () => {
    keepRecord(record, memory, faults);
    expect(readRecord(file)).toEqual(record);
    keepRecord(recordOf(configuration, board, WHERE), memory, faults);
    expect(writes).toBe(1);
    board.output('strike');
    keepRecord(recordOf(configuration, board, WHERE), memory, faults);
    expect(writes).toBe(2);
    expect(readRecord(file)?.wired).toHaveLength(2);
  });

  it('or not, on a full disk, which is a fault until it is mended and stops no door', () => {
    full = true;
    keepRecord(record, memory, faults);
    expect(faults.list).toEqual(['where the relays are could not be kept: ENOSPC: no space left on device']);
    full = false;
    keepRecord(record, memory, faults);
    expect(faults.list).toEqual([]);
  });
});
