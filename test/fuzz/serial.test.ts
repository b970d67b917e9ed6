// Whatever comes by a serial line, decoders keep little of it, never throw, and take for a card what has its checksum.

import { describe, expect, it } from 'vitest';
import { crc16, readAnswer } from '../../src/hardware/drivers/modules/modbus-frames.ts';
import { AsciiKeys } from '../../src/hardware/drivers/serial/decoders/ascii-keys.ts';
import type { Decoder } from '../../src/hardware/drivers/serial/decoders/decoder.ts';
import { Rdm6300 } from '../../src/hardware/drivers/serial/decoders/rdm6300.ts';
import { ScanCodes } from '../../src/hardware/drivers/serial/decoders/scan-codes.ts';
import { wiegandDecoder } from '../../src/hardware/drivers/serial/decoders/wiegand-serial.ts';
import { Card, KEYPAD_KEYS } from '../../src/hardware/ports/index.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { fuzz, fuzzSeconds, mutate } from './mutations.ts';

const CORPUS = [
  '4711#',
  '42\r\n',
  '\x0262E3086CED08\x03',
  '\x02A0E3086CEDCA\r\n\x03',
  '2EC0C86\r\n',
  '\x020000000002\x03',
  '760643',
  '\x02\xec\x0c\x86',
  '\x16\xf0\x16\xe0\x5a\xe0\xf0\x5a',
].map((text) => Buffer.from(text, 'latin1'));

const DECODERS: readonly [string, () => Decoder<unknown>][] = [
  ['ascii', () => new AsciiKeys()],
  ['scan codes', () => new ScanCodes()],
  ['rdm6300', () => new Rdm6300()],
  ...([26, 34, 37] as const).flatMap((bits) =>
    (['hex', 'bytes', 'number'] as const).map((framing): [string, () => Decoder<unknown>] => [
      `wiegand ${bits} ${framing}`,
      () => wiegandDecoder(bits, framing),
    ]),
  ),
];

describe('serial decoders', () => {
  it(
    'take whatever comes',
    () => {
      const random = new SeededRandom(5);
      const decoders = DECODERS.map(([, make]) => make());
      let values = 0;
      fuzz(() => {
        const sent = mutate(CORPUS, random);
        for (const decoder of decoders) {
          const said = [...decoder.take(sent), ...(random.uniform() < 0.5 ? decoder.pause() : [])];
          expect(said.length).toBeLessThanOrEqual(sent.length + 1);
          for (const one of said) {
            if (!one.ok) continue;
            values += 1;
            const isSane =
              one.value instanceof Card
                ? one.value.reveal() > 0n && one.value.reveal() >> BigInt(one.value.bits) === 0n
                : KEYPAD_KEYS.some((key) => key === one.value);
            expect(isSane).toBe(true);
          }
        }
      });
      expect(values).toBeGreaterThan(100);
    },
    60_000 + fuzzSeconds * 2000,
  );

  it(
    'an answer of Modbus counts with its CRC alone',
    () => {
      const random = new SeededRandom(6);
      const request = { kind: 'read-coils', first: 0, count: 8 } as const;
      const answers = ['010101055e8b', '018102c191', '01050000ff008c3a', '010101005148'].map((text) =>
        Buffer.from(text, 'hex'),
      );
      fuzz(() => {
        const received = mutate(answers, random);
        const answer = readAnswer(1, request, received);
        if (!answer.ok) return;
        expect(crc16(received)).toBe(0);
        expect(answer.value).toHaveLength(8);
      });
    },
    60_000 + fuzzSeconds * 2000,
  );
});
