// What every serial system must do, whether the kernel's devices are behind it or a test's.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SerialLink, SerialSystem } from '../../src/hardware/drivers/serial/serial-system.ts';

/** A system with one device, and its other end. */
export interface SerialRig {
  readonly system: SerialSystem;
  readonly path: string;
  send(bytes: readonly number[]): void;
  takeWritten(): number[];
  unplug(): void;
  dispose(): void;
}

const SETTINGS = { baud: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;

export function describeSerial(name: string, make: () => SerialRig): void {
  describe(`serial system: ${name}`, () => {
    let rig: SerialRig;
    let link: SerialLink | undefined;

    beforeEach(() => {
      rig = make();
    });
    afterEach(() => {
      link?.close();
      link = undefined;
      rig.dispose();
    });

    const open = async (): Promise<SerialLink> => {
      const opened = await rig.system.open(rig.path, SETTINGS);
      if (!opened.ok) throw new Error(opened.error.what);
      link = opened.value;
      return link;
    };
    const read = (from: SerialLink): number[] | 'gone' => {
      const into = new Uint8Array(64);
      const count = from.read(into);
      return count === 'gone' ? count : [...into.subarray(0, count)];
    };

    it('says of a device that is not there that it is not', async () => {
      const opened = await rig.system.open('/dev/no-such-device', SETTINGS);
      expect(opened.ok ? undefined : opened.error.what).toBe('/dev/no-such-device is not there');
    });

    it('opens a device for one at a time', async () => {
      await open();
      const second = await rig.system.open(rig.path, SETTINGS);
      expect(second.ok ? undefined : second.error.what).toBe(`${rig.path} is in use by another program`);
    });

    it('can be opened again when it has been closed', async () => {
      (await open()).close();
      await open();
    });

    it('reads nothing where nothing has come, and does not wait for it', async () => {
      expect(read(await open())).toEqual([]);
    });

    it('tells that something has come, and gives every byte as it is', async () => {
      const from = await open();
      const told = vi.fn();
      from.watch(told);
      rig.send([0x00, 0x03, 0x04, 0x0a, 0x0d, 0x11, 0x13, 0x7f, 0xff]);
      await vi.waitFor(() => expect(told).toHaveBeenCalled());
      expect(read(from)).toEqual([0x00, 0x03, 0x04, 0x0a, 0x0d, 0x11, 0x13, 0x7f, 0xff]);
      expect(read(from)).toEqual([]);
    });

    it('writes every byte as it is', async () => {
      const to = await open();
      expect(to.write(Uint8Array.from([0xa0, 0x01, 0x00, 0x0a, 0x0d, 0xff]))).toBe(6);
      const got: number[] = [];
      await vi.waitFor(() => {
        got.push(...rig.takeWritten());
        expect(got).toEqual([0xa0, 0x01, 0x00, 0x0a, 0x0d, 0xff]);
      });
    });

    it('tells that the device is gone, and reads and writes say so', async () => {
      const from = await open();
      const told = vi.fn();
      from.watch(told);
      rig.unplug();
      await vi.waitFor(() => expect(told).toHaveBeenCalled());
      expect(read(from)).toBe('gone');
      expect(from.write(Uint8Array.from([1]))).toBe('gone');
    });
  });
}
