// Outputs that stay at their level when nobody holds them: by which parameters of Raspberry Pi's kernels that is known.

import { describe, expect, it } from 'vitest';
import { keptOutputsWarning } from '../../../src/app/kept-outputs.ts';
import { silentLog } from '../../../src/base/log.ts';
import { keptOutputs } from '../../../src/hardware/drivers/gpio/kept-outputs.ts';
import { GpioBoard } from '../../../src/hardware/drivers/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeChip, FakeGpio } from '../../support/fake-gpio.ts';

/** The files of /sys/module that a kernel has. */
const kernel = (files: Readonly<Record<string, string>>) => (path: string) =>
  files[path.replace('/sys/module/', '').replace('/parameters/', '.')];

describe('the parameters', () => {
  it.each([
    ['pinctrl-bcm2711', { 'pinctrl_bcm2835.persist_gpio_outputs': 'Y\n' }, 'pinctrl_bcm2835.persist_gpio_outputs'],
    ['pinctrl-bcm2835', { 'pinctrl_bcm2835.persist_gpio_outputs': 'N\n' }, undefined],
    // A Raspberry Pi 5's kernel has both drivers; the header is on the second.
    [
      'pinctrl-rp1',
      { 'pinctrl_bcm2835.persist_gpio_outputs': 'Y\n', 'pinctrl_rp1.persist_gpio_outputs': 'N\n' },
      undefined,
    ],
    ['pinctrl-rp1', { 'pinctrl_rp1.persist_gpio_outputs': 'Y\n' }, 'pinctrl_rp1.persist_gpio_outputs'],
    ['pinctrl-bcm2711', { 'pinctrl_bcm2835.strict_gpiod': 'N\n' }, 'pinctrl_bcm2835.strict_gpiod'],
    ['pinctrl-bcm2711', { 'pinctrl_bcm2835.strict_gpiod': 'Y\n' }, undefined],
    ['pinctrl-bcm2711', {}, undefined],
    ['300b000.pinctrl', { 'pinctrl_bcm2835.persist_gpio_outputs': 'Y\n' }, undefined],
  ] as const)('of %s, %j: %s', (label, files, kept) => {
    expect(keptOutputs(label, kernel(files))).toBe(kept);
  });
});

describe('a board', () => {
  const clock = new FakeClock();
  const boardOn = (keepsLevels: boolean) => {
    const chip = new FakeChip('pinctrl-test', ['button', 'relay']);
    const system = new FakeGpio([chip], clock);
    system.keepsLevels = keepsLevels;
    const faults = { begin: () => undefined, end: () => undefined };
    const services = { clock, log: silentLog, system, faults, onProcessExit: () => () => undefined };
    return { system, board: new GpioBoard({ name: 'test', lines: new Map() }, services) };
  };

  it('says by what its outputs are kept; inputs do not count', () => {
    const { board } = boardOn(true);
    board.input('button');
    expect(board.keepsOutputs).toBeUndefined();
    board.output('relay');
    expect(board.keepsOutputs).toBe('pinctrl-test.persist_gpio_outputs');
    expect(boardOn(false).board.keepsOutputs).toBeUndefined();
  });

  it('lets go of nothing that is on, whatever the kernel does then', () => {
    const { board, system } = boardOn(true);
    board.output('relay').set(true);
    board.close();
    expect(system.isHigh('relay')).toBe(false);
  });

  it('does not throw when the chip is gone', () => {
    const { board, system } = boardOn(true);
    board.output('relay');
    system.fitted[0]?.wires.splice(0);
    expect(() => board.keepsOutputs).not.toThrow();
  });
});

describe('what status says', () => {
  it('is nothing where a relay falls with the service', () => {
    expect(keptOutputsWarning({ keepsOutputs: undefined })).toBeUndefined();
  });

  it('is what lasts, by what, and the mend', () => {
    expect(keptOutputsWarning({ keepsOutputs: 'pinctrl_bcm2835.persist_gpio_outputs' })).toBe(
      'a relay stays on when the service is killed, until it is started again (pinctrl_bcm2835.persist_gpio_outputs); ' +
        'add dtparam=strict_gpiod to config.txt and restart the board',
    );
    expect(keptOutputsWarning({ keepsOutputs: 'sysfs' })).toMatch(/\(sysfs\); run `doorphone release` after it$/);
  });
});
