// A response as text: every sample is the same again; what is none is refused.

import { expect, it } from 'vitest';
import { readResponse, writeResponse } from '../../../src/app/response-text.ts';

it.each([1280, 2560])('%i samples are the same again, bit for bit', (count) => {
  const samples = Float32Array.from({ length: count }, (_, at) => (at % 2 === 0 ? 1 : -1) / (3 + at));
  samples[0] = -0;
  samples[1] = 1e-42; // denormal
  samples[2] = 100;
  expect(readResponse(writeResponse(samples))).toEqual(samples);
});

it('is little-endian, as the file may move to another board', () => {
  const samples = new Float32Array(1280);
  samples[0] = 1;
  // IEEE 754: 1.0 is 3f800000.
  expect(Buffer.from(writeResponse(samples), 'base64').subarray(0, 4).toString('hex')).toBe('0000803f');
});

it.each([
  ['nothing', '', 'has 0 bytes'],
  ['a byte too few', Buffer.alloc(4 * 1280 - 1).toString('base64'), 'has 5119 bytes'],
  ['a byte too many', Buffer.alloc(4 * 2560 + 1).toString('base64'), 'has 10241 bytes'],
  ['white space', ` ${Buffer.alloc(4 * 1280).toString('base64')}`, 'damaged'],
])('%s is refused', (_, text, reason) => {
  expect(() => readResponse(text)).toThrow(reason);
});
