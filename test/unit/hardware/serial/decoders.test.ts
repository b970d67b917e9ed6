// What keypads and readers send, and what broken wires make of it.

import { describe, expect, it } from 'vitest';
import { AsciiKeys } from '../../../../src/hardware/drivers/serial/decoders/ascii-keys.ts';
import type { Decoded, Decoder } from '../../../../src/hardware/drivers/serial/decoders/decoder.ts';
import { Rdm6300 } from '../../../../src/hardware/drivers/serial/decoders/rdm6300.ts';
import { ScanCodes } from '../../../../src/hardware/drivers/serial/decoders/scan-codes.ts';
import { wiegandDecoder } from '../../../../src/hardware/drivers/serial/decoders/wiegand-serial.ts';
import type { Card } from '../../../../src/hardware/ports/index.ts';

const bytesOf = (said: string | readonly number[]): Uint8Array =>
  typeof said === 'string' ? Buffer.from(said, 'latin1') : Uint8Array.from(said);

/** What comes of messages with silences between them. */
function decode<Value>(
  decoder: Decoder<Value>,
  ...messages: (string | readonly number[])[]
): readonly (Value | string)[] {
  const said = messages.flatMap((message) => [...decoder.take(bytesOf(message)), ...decoder.pause()]);
  return said.map((one) => (one.ok ? one.value : `! ${one.error}`));
}

/** Cards as `bits:number`. */
function cards(decoder: Decoder<Card>, ...messages: (string | readonly number[])[]): readonly string[] {
  return decode(decoder, ...messages).map((one) =>
    typeof one === 'string' ? one : `${one.bits}:${one.reveal().toString(16)}`,
  );
}

describe('ASCII keypads', () => {
  it('send the character on the key', () => {
    expect(decode(new AsciiKeys(), '0123456789*#ABCDabcd').join('')).toBe('0123456789*#ABCDABCD');
  });

  it.each([
    ['CR', '\r', ['#']],
    ['LF', '\n', ['#']],
    ['CR LF, one press', '1\r\n2', ['1', '#', '2']],
    ['CR CR, two', '\r\r', ['#', '#']],
    ['backspace, escape, delete', '\b\x1b\x7f', ['clear', 'clear', 'clear']],
  ])('Enter and clear: %s', (_, sent, keys) => {
    expect(decode(new AsciiKeys(), sent)).toEqual(keys);
  });

  it('say nothing with what is no key', () => {
    expect(decode(new AsciiKeys(), [0x00, 0xff, 0xb1])).toEqual(Array(3).fill('! a byte that is no key'));
  });
});

describe('scan codes', () => {
  const F0 = 0xf0;

  it('of the row of digits and of the block of digits mean the same', () => {
    const row = [0x45, 0x16, 0x1e, 0x26, 0x25, 0x2e, 0x36, 0x3d, 0x3e, 0x46];
    const block = [0x70, 0x69, 0x72, 0x7a, 0x6b, 0x73, 0x74, 0x6c, 0x75, 0x7d];
    for (const codes of [row, block]) {
      const typed = codes.flatMap((code) => [code, F0, code]);
      expect(decode(new ScanCodes(), typed).join('')).toBe('0123456789');
    }
  });

  it('of both Enters end a code', () => {
    expect(decode(new ScanCodes(), [0x5a, F0, 0x5a, 0xe0, 0x5a, 0xe0, F0, 0x5a])).toEqual(['#', '#']);
  });

  it('are one press however long the key is down', () => {
    expect(decode(new ScanCodes(), [0x16, F0, 0x16, 0x16, 0x16, 0x16, 0x16, F0, 0x16, 0x16])).toEqual(['1', '1', '1']);
  });

  it('of a keypad that never says that a key comes up are a press each', () => {
    expect(decode(new ScanCodes(), [0x16, 0x16])).toEqual(['1', '1']);
  });

  it('that are cut in half, or no key’s, say nothing', () => {
    expect(decode(new ScanCodes(), [0xe0], [0x16], [F0], [0x5d, 0xe0, 0x70])).toEqual([
      '! half a scan code',
      '1',
      '! half a scan code',
      '! a scan code that no key has',
      '! a scan code that no key has',
    ]);
  });

  it('can be the maker’s own; the prefixes of set 2 are ordinary then', () => {
    const own = new ScanCodes(
      new Map([
        [0x01, '1'],
        [0xe0, '#'],
        [0xf0, 'clear'],
      ]),
    );
    expect(decode(own, [0x01, 0x01, 0xe0, 0xf0, 0x16])).toEqual([
      '1',
      '1',
      '#',
      'clear',
      '! a scan code that no key has',
    ]);
  });
});

describe('RDM6300', () => {
  // The example of Seeed's data sheet for its 125 kHz reader: card 62E3086CED, checksum 08.
  const TAG = '\x0262E3086CED08\x03';

  it('tells the number of a tag', () => {
    expect(cards(new Rdm6300(), TAG)).toEqual(['40:62e3086ced']);
  });

  it('tells it in pieces, twice, in small letters, and with a line end inside', () => {
    const reader = new Rdm6300();
    expect(TAG.split('').flatMap((byte) => reader.take(bytesOf(byte))).length).toBe(1);
    expect(cards(reader, TAG + TAG)).toHaveLength(2);
    expect(cards(reader, TAG.toLowerCase())).toEqual(['40:62e3086ced']);
    expect(cards(reader, '\x0262E3086CED08\r\n\x03')).toEqual(['40:62e3086ced']);
  });

  it.each([
    ['a wrong checksum', '\x0262E3086CED09\x03', 'a tag with a wrong checksum'],
    ['a digit that has flipped', '\x0263E3086CED08\x03', 'a tag with a wrong checksum'],
    ['half a tag', '\x0262E308', 'half a tag'],
    ['a tag that ends too soon', '\x0262E308\x03', 'half a tag'],
    ['a tag that is too long', '\x0262E3086CED0800\x03', 'a tag with something else inside'],
    ['what is no digit', '\x0262E3086CEX08\x03', 'a tag with something else inside'],
    ['nothing but zeros', '\x02000000000000\x03', 'a tag without a number'],
    ['bytes outside of a tag', '62E3086CED08', 'bytes outside of a tag'],
  ])('says nothing with %s', (_, sent, why) => {
    const said = cards(new Rdm6300(), sent);
    expect(said[0]).toBe(`! ${why}`);
    expect(said.filter((one) => !one.startsWith('!'))).toEqual([]);
  });

  it('is whole again with the next tag', () => {
    expect(cards(new Rdm6300(), '\x0262E3', TAG)).toEqual(['! half a tag', '40:62e3086ced']);
    expect(cards(new Rdm6300(), `\x0262E3${TAG}`)).toEqual(['! half a tag', '40:62e3086ced']);
  });
});

describe('Wiegand', () => {
  // H10301 as Proxmark3 writes it: facility 118, card 1603 is 2006ec0c86, whose last 26 bits are the frame.
  const FRAME_26 = '2EC0C86';
  const NUMBER_26 = ((118 << 16) | 1603).toString(16);

  it.each([
    ['7 digits', `${FRAME_26}\r\n`],
    ['8 digits', `0${FRAME_26}\r`],
    ['STX and ETX', `\x020${FRAME_26}\x03`],
    ['small letters', `${FRAME_26.toLowerCase()}\n`],
  ])('26 bits as hexadecimal digits: %s', (_, sent) => {
    expect(cards(wiegandDecoder(26, 'hex'), sent)).toEqual([`24:${NUMBER_26}`]);
  });

  it('26 bits as bytes', () => {
    expect(cards(wiegandDecoder(26, 'bytes'), [0x02, 0xec, 0x0c, 0x86])).toEqual([`24:${NUMBER_26}`]);
  });

  it('26 bits as a number, with a line end or without', () => {
    expect(cards(wiegandDecoder(26, 'number'), '760643', '760643\r\n')).toEqual([`24:${NUMBER_26}`, `24:${NUMBER_26}`]);
  });

  // 1 in the lowest bit of the number: its half has one 1, which is odd already; the other half has none, which is even.
  it.each([
    [26, '0000002', '24:1'],
    [34, '0000000002', '32:1'],
    [34, '000000002', '32:1'],
    [37, '0000000002', '35:1'],
    // The highest bit of the number is in the even half alone, and the odd half must have one 1.
    [34, '300000001', '32:80000000'],
    // The middle bit of 37 is in both halves: the even one is filled up, the odd one is odd.
    [37, '1000040000', '35:20000'],
  ] as const)('%i bits with parity: %s', (bits, frame, card) => {
    expect(cards(wiegandDecoder(bits, 'hex'), `${frame}\r\n`)).toEqual([card]);
  });

  it('refuses every frame in which one bit has flipped', () => {
    for (let bit = 0; bit < 26; bit += 1) {
      const flipped = (0x2ec0c86 ^ (1 << bit)).toString(16).padStart(7, '0');
      expect(cards(wiegandDecoder(26, 'hex'), `${flipped}\r`)).toEqual(['! a card with wrong parity']);
    }
  });

  it.each([
    ['half a card on a line', 'hex', '2EC0\r', 'a card that has not 26 bits'],
    ['half a card, then silence', 'hex', FRAME_26, 'half a card'],
    ['too many bits', 'hex', '4EC0C86F\r', 'more than 26 bits'],
    ['too many digits', 'hex', '02EC0C8602EC0C86\r', 'bytes that are no card'],
    ['what is no digit', 'hex', '2EC0C8G\r', 'bytes that are no card'],
    ['a number that is cut', 'number', '76064', 'half a card'],
    ['a wire that is broken', 'number', '000000\r', 'a card without a number'],
    ['a wire that is broken the other way', 'number', 'FFFFFF\r', 'a card without a number'],
    ['bytes that are missing', 'bytes', '\x02\xec\x0c', 'half a card'],
    ['bytes that are too many', 'bytes', '\x02\xec\x0c\x86\x86', 'bytes that are no card'],
  ] as const)('says nothing with %s', (_, framing, sent, why) => {
    expect(cards(wiegandDecoder(26, framing), sent)).toEqual([`! ${why}`]);
  });

  it('passes over a spoilt line, and takes the next', () => {
    expect(cards(wiegandDecoder(26, 'hex'), `zz${FRAME_26}\r${FRAME_26}\r`)).toEqual([
      '! bytes that are no card',
      `24:${NUMBER_26}`,
    ]);
  });

  it('keeps its numbers to itself', () => {
    const [said]: readonly Decoded<Card>[] = wiegandDecoder(26, 'hex').take(bytesOf(`${FRAME_26}\r`));
    expect(said?.ok === true ? JSON.stringify({ said, text: String(said.value) }) : '').toBe(
      '{"said":{"ok":true,"value":"[card]"},"text":"[card]"}',
    );
  });
});
