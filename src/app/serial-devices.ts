// Keypads and readers at serial lines, as a configuration has them, and what people are told of their devices.

import type { Journal } from '../api/journal.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import {
  type Configuration,
  type KeypadConfiguration,
  type ReaderConfiguration,
  readScanCode,
  type SerialDeviceConfiguration,
} from '../config/index.ts';
import {
  AsciiKeys,
  type Decoder,
  nativeSerial,
  Rdm6300,
  ScanCodes,
  type SerialDevice,
  SerialKeypad,
  SerialReader,
  type SerialReports,
  type SerialSourceServices,
  type SerialSystem,
  wiegandDecoder,
} from '../hardware/drivers/index.ts';
import type { Card, Keypad, KeypadKey, Reader } from '../hardware/ports/index.ts';
import type { Faults } from './faults.ts';

export interface SerialDevicesServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly journal: Journal;
  readonly faults: Faults;
  /** Left out: this machine's. */
  readonly system?: SerialSystem;
}

/** What hangs on serial lines. */
export interface SerialDevices {
  readonly keypads: readonly Keypad[];
  readonly readers: readonly Reader[];
  close(): void;
}

/** Opens them. A device that is not there is told of, and looked for. */
export function openSerialDevices(
  configuration: Pick<Configuration, 'keypads' | 'readers'>,
  services: SerialDevicesServices,
): SerialDevices {
  const { clock, random, log, journal, faults, system = nativeSerial() } = services;
  const drivers: SerialSourceServices = { clock, random, log, system, reports: serialReports(journal, faults) };
  const keypads = Object.entries(configuration.keypads).flatMap(([name, { device, ...keypad }]) => {
    if (device === undefined) return [];
    return new SerialKeypad(name, serialDeviceOf({ ...keypad, device }), keysOf(keypad), drivers);
  });
  const readers = Object.entries(configuration.readers).map(([name, reader]) => {
    return new SerialReader(name, serialDeviceOf(reader), cardsOf(reader), drivers);
  });
  return {
    keypads,
    readers,
    close: () => {
      for (const device of [...keypads, ...readers]) device.close();
    },
  };
}

/** Each is one event; a device that is not there stands in the state meanwhile. */
export function serialReports(journal: Journal, faults: Faults): SerialReports {
  const key = (device: string): string => `serial ${device}`;
  return {
    lost: (device, why, mend) => {
      faults.keep(key(device), `serial device: ${why}`);
      journal.record('device.lost', { device, why, mend });
    },
    found: (device) => {
      faults.end(key(device));
      journal.record('device.found', { device });
    },
    garbled: (device, why) => journal.record('device.garbled', { device, why }),
  };
}

/** A device of the configuration. */
export function serialDeviceOf({ device, baud, dataBits, parity, stopBits }: SerialDeviceConfiguration): SerialDevice {
  return { path: device, settings: { baud, dataBits, parity, stopBits } };
}

function keysOf({ protocol, keys }: Pick<KeypadConfiguration, 'protocol' | 'keys'>): Decoder<KeypadKey> {
  if (protocol === 'ascii') return new AsciiKeys();
  const own = Object.entries(keys ?? {}).flatMap(([text, key]) => {
    const code = readScanCode(text);
    return code === undefined ? [] : [[code, key] as const];
  });
  return new ScanCodes(new Map(own));
}

function cardsOf({ protocol, bits, framing }: ReaderConfiguration): Decoder<Card> {
  return protocol === 'rdm6300' ? new Rdm6300() : wiegandDecoder(bits, framing);
}
