// A serial device that only speaks, read by a decoder: keypads and readers.

import type { Timer } from '../../../base/clock.ts';
import type { Log } from '../../../base/log.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import { type Millis, minutes } from '../../../base/units.ts';
import type { Card, CardRead, KeyPress, Keypad, KeypadKey, Reader } from '../../ports/index.ts';
import { Listeners } from '../listeners.ts';
import type { Decoded, Decoder } from './decoders/decoder.ts';
import { type SerialDevice, SerialPort, type SerialServices } from './serial-port.ts';

export interface SerialSourceServices extends SerialServices {
  readonly log: Log;
}

/** How often it is said of a device that what it sends makes no sense. */
const GARBLED_AGAIN = minutes(1);

interface SourceListener<Value> {
  readonly said: (value: Value, at: Millis) => void;
  readonly garbled: () => void;
}

class SerialSource<Value> {
  readonly #port: SerialPort;
  readonly #told: TokenBucket;
  #gap: Timer | undefined;

  constructor(
    device: SerialDevice,
    private readonly decoder: Decoder<Value>,
    private readonly services: SerialSourceServices,
    private readonly listener: SourceListener<Value>,
  ) {
    this.#told = new TokenBucket(services.clock, 1, GARBLED_AGAIN);
    this.#port = new SerialPort(device, services, {
      opened: () => undefined,
      received: (bytes) => this.#received(bytes),
      lost: () => this.#silence(),
    });
    this.#port.start();
  }

  close(): void {
    this.#gap?.cancel();
    this.#port.close();
  }

  #received(bytes: Uint8Array): void {
    const { clock } = this.services;
    this.#gap?.cancel();
    this.#gap = clock.after(this.decoder.gap, 'silence of a serial device', () => this.#silence());
    this.#tell(this.decoder.take(bytes));
  }

  #silence(): void {
    this.#gap?.cancel();
    this.#tell(this.decoder.pause());
  }

  #tell(said: readonly Decoded<Value>[]): void {
    const at = this.services.clock.now();
    for (const one of said) {
      if (one.ok) this.listener.said(one.value, at);
      else this.#garbled(one.error);
    }
  }

  #garbled(why: string): void {
    this.listener.garbled();
    if (this.#told.take()) this.services.reports.garbled(this.#port.device.path, why);
  }
}

/** A keypad on a serial line. What makes no sense takes back what was typed: noise must not be the rest of a code. */
export class SerialKeypad implements Keypad {
  readonly #presses: Listeners<KeyPress>;
  readonly #source: SerialSource<KeypadKey>;

  constructor(
    readonly name: string,
    device: SerialDevice,
    decoder: Decoder<KeypadKey>,
    services: SerialSourceServices,
  ) {
    const presses = new Listeners<KeyPress>(services.log);
    this.#presses = presses;
    this.#source = new SerialSource(device, decoder, services, {
      said: (key, at) => presses.call({ key, at }),
      garbled: () => presses.call({ key: 'clear', at: services.clock.now() }),
    });
  }

  onKey(listener: (press: KeyPress) => void): () => void {
    return this.#presses.add(listener);
  }

  close(): void {
    this.#source.close();
  }
}

/** A reader on a serial line. */
export class SerialReader implements Reader {
  readonly #reads: Listeners<CardRead>;
  readonly #source: SerialSource<Card>;

  constructor(
    readonly name: string,
    device: SerialDevice,
    decoder: Decoder<Card>,
    services: SerialSourceServices,
  ) {
    const reads = new Listeners<CardRead>(services.log);
    this.#reads = reads;
    this.#source = new SerialSource(device, decoder, services, {
      said: (card, at) => reads.call({ card, at }),
      garbled: () => undefined,
    });
  }

  onCard(listener: (read: CardRead) => void): () => void {
    return this.#reads.add(listener);
  }

  close(): void {
    this.#source.close();
  }
}
