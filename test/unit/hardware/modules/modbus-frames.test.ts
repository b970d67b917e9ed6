// Messages of Modbus RTU. The messages with their CRC are those that makers of relay modules print in their manuals.

import { describe, expect, it } from 'vitest';
import { lcusMessage } from '../../../../src/hardware/drivers/modules/lcus.ts';
import {
  crc16,
  type ModbusRequest,
  readAnswer,
  writeRequest,
} from '../../../../src/hardware/drivers/modules/modbus-frames.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const COIL_1_ON: ModbusRequest = { kind: 'write-coil', coil: 0, on: true };
const COILS: ModbusRequest = { kind: 'read-coils', first: 0, count: 8 };

describe('requests', () => {
  it.each([
    ['relay 1 on', 1, COIL_1_ON, '01 05 00 00 FF 00 8C 3A'],
    ['relay 1 off', 1, { kind: 'write-coil', coil: 0, on: false }, '01 05 00 00 00 00 CD CA'],
    ['eight relays', 1, COILS, '01 01 00 00 00 08 3D CC'],
    ['eight inputs', 1, { kind: 'read-inputs', first: 0, count: 8 }, '01 02 00 00 00 08 79 CC'],
    // The examples of the application protocol, §6.1, §6.2 and §6.5, without addresses and CRC there.
    ['§6.5: coil 173 on', 0x11, { kind: 'write-coil', coil: 172, on: true }, '11 05 00 AC FF 00 4E 8B'],
    ['§6.1: coils 20 to 38', 0x11, { kind: 'read-coils', first: 19, count: 19 }, '11 01 00 13 00 13 8E 92'],
  ] as const)('%s', (_, unit, request, message) => {
    expect(writeRequest(unit, request)).toEqual(hex(message));
  });

  it('have a CRC that is 0 over a whole message', () => {
    expect(crc16(hex('01 05 00 00 FF 00 8C 3A'))).toBe(0);
  });
});

/** A body with its CRC. */
const answer = (body: string): Uint8Array => {
  const crc = crc16(hex(body));
  return Uint8Array.from([...hex(body), crc & 0xff, crc >> 8]);
};

describe('answers', () => {
  it('give the bits, the first in the lowest', () => {
    // §6.1: CD 6B 05 are coils 20 to 38.
    const read = readAnswer(0x11, { kind: 'read-coils', first: 19, count: 19 }, answer('11 01 03 CD 6B 05'));
    const bits = read.ok ? read.value.map(Number).join('') : '';
    expect(bits).toBe('1011001111010110101');
  });

  it('to a write are the request', () => {
    expect(readAnswer(1, COIL_1_ON, hex('01 05 00 00 FF 00 8C 3A')).ok).toBe(true);
    expect(readAnswer(1, COIL_1_ON, hex('01 05 00 00 00 00 CD CA'))).toMatchObject({ error: { kind: 'garbled' } });
  });

  it('may say no', () => {
    expect(readAnswer(1, COILS, hex('01 81 02 C1 91'))).toEqual({
      ok: false,
      error: { kind: 'exception', why: 'it has no such relay or input' },
    });
    expect(readAnswer(1, COILS, answer('01 81 55'))).toMatchObject({ error: { why: 'it answers with exception 85' } });
  });

  it.each([
    ['a wrong CRC', '01 01 01 05 91 8A', 'a wrong CRC'],
    ['nothing', '', 'a wrong CRC'],
    ['one byte', '01', 'a wrong CRC'],
  ])('with %s are none', (_, received, why) => {
    expect(readAnswer(1, COILS, hex(received))).toEqual({ ok: false, error: { kind: 'garbled', why } });
  });

  it.each([
    ['of another module', '02 01 01 05', 'the answer of another module'],
    ['to another function', '01 02 01 05', 'the answer to something else'],
    ['of another length', '01 01 02 05 00', 'the answer to something else'],
    ['whose length is another than it says', '01 01 02 05', 'the answer to something else'],
  ])('%s are none', (_, body, why) => {
    expect(readAnswer(1, COILS, answer(body))).toEqual({ ok: false, error: { kind: 'garbled', why } });
  });

  it('are not what an adapter hears of itself', () => {
    for (let count = 1; count <= 64; count += 1) {
      const request: ModbusRequest = { kind: 'read-coils', first: 0, count };
      expect(readAnswer(1, request, writeRequest(1, request)).ok).toBe(false);
    }
  });
});

describe('LCUS', () => {
  // As sellers of the boards print them.
  it.each([
    [1, true, 'A0 01 01 A2'],
    [1, false, 'A0 01 00 A1'],
    [8, true, 'A0 08 01 A9'],
  ] as const)('relay %i: %s', (relay, on, message) => {
    expect(lcusMessage(relay, on)).toEqual(hex(message));
  });
});
