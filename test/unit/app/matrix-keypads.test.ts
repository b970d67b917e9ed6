// How the lines of a matrix keypad are taken from a board.

import { describe, expect, it } from 'vitest';
import { Journal } from '../../../src/api/journal.ts';
import { Faults } from '../../../src/app/faults.ts';
import { openMatrixKeypads, wiringOf } from '../../../src/app/matrix-keypads.ts';
import { silentLog } from '../../../src/base/log.ts';
import { millis } from '../../../src/base/units.ts';
import { VirtualBoard } from '../../../src/hardware/drivers/index.ts';
import { CONFIGURATION } from '../../support/door-rig.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const configuration = (rows: readonly string[]) => ({
  ...CONFIGURATION,
  lines: { GPIO6: { active: 'high', debounce: millis(50) } as const },
  keypads: {
    entrance: {
      protocol: 'ascii',
      baud: 9600,
      dataBits: 8,
      parity: 'none',
      stopBits: 1,
      matrix: { rows, columns: ['GPIO6'], keys: rows.map(() => '1') },
    } as const,
  },
});

describe('the lines of a matrix keypad', () => {
  it('float as rows, are not debounced as columns, and are else as the configuration says', () => {
    expect(wiringOf(configuration(['GPIO5']))).toEqual({
      GPIO5: { active: 'low', drive: 'open-drain' },
      GPIO6: { active: 'high', bias: 'pull-up', debounce: 0 },
    });
  });

  it('that cannot be had are a fault, and the keypad is left out', () => {
    const clock = new FakeClock();
    const faults = new Faults(new Journal(clock, silentLog), silentLog);
    const board = new VirtualBoard({ clock, log: silentLog, onProcessExit: () => () => undefined });
    const services = { clock, log: silentLog, faults, board };
    expect(openMatrixKeypads(configuration(['GPIO5']), services).map(({ name }) => name)).toEqual(['entrance']);
    expect(openMatrixKeypads(configuration(['no-such']), services)).toEqual([]);
    expect(faults.list).toEqual([expect.stringContaining('keypad entrance has no lines: ')]);
  });
});
