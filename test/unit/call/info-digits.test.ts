import { describe, expect, it } from 'vitest';
import { millis } from '../../../src/base/units.ts';
import { readInfoDigit, writeInfoDigit } from '../../../src/call/info-digits.ts';

const body = (type: string, text: string) => ({ type, data: Buffer.from(text, 'latin1') });

describe('readInfoDigit', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n', '5'],
    ['application/dtmf-relay', 'Signal= 5\r\nDuration= 160\r\n', '5'],
    ['application/dtmf-relay', 'Signal=5\nDuration=160', '5'],
    ['application/dtmf-relay', 'Duration=160\r\nSignal=7\r\n', '7'],
    ['application/dtmf-relay', 'signal = #\r\n', '#'],
    ['application/dtmf-relay', 'Signal=*\r\nDuration=250\r\n', '*'],
    ['application/dtmf-relay', 'Signal=10\r\nDuration=250\r\n', '*'],
    ['application/dtmf-relay', 'Signal=11\r\nDuration=250\r\n', '#'],
    ['application/dtmf-relay', 'Signal=b\r\n', 'B'],
    ['Application/DTMF-Relay; charset=utf-8', 'Signal=0\r\n', '0'],
    ['application/dtmf', '3', '3'],
    ['application/dtmf', '#\r\n', '#'],
    ['application/dtmf', 'Signal=9\r\nDuration=100\r\n', '9'],
    ['application/dtmf-relay', '4', '4'],
  ])('reads %s %j as %s', (type, text, digit) => expect(readInfoDigit(body(type, text))).toBe(digit));

  it.each([
    ['application/dtmf-relay', ''],
    ['application/dtmf-relay', 'Signal=\r\nDuration=160\r\n'],
    ['application/dtmf-relay', 'Signal=16\r\n'],
    ['application/dtmf-relay', 'Signal=42#\r\n'],
    ['application/dtmf-relay', 'Signal=toString\r\n'],
    ['application/dtmf', '55'],
    ['application/dtmf', '\u0000\u00ff'],
    ['application/dtmf', `${' '.repeat(300)}5`],
    ['application/sdp', '5'],
    ['text/plain', 'Signal=5\r\n'],
    ['', '5'],
  ])('finds no digit in %s %j', (type, text) => expect(readInfoDigit(body(type, text))).toBeUndefined());
});

describe('writeInfoDigit', () => {
  it('writes what phones expect', () => {
    const info = writeInfoDigit('#', millis(160));
    expect(info.type).toBe('application/dtmf-relay');
    expect(info.data.toString()).toBe('Signal=#\r\nDuration=160\r\n');
  });
});
