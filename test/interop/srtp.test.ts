// SRTP beside libsrtp2, packet for packet, in every suite, with MKIs and without: a program in C (test/native/peers/srtp-equality.c).
// DOORPHONE_SRTP_PACKETS=1000000 compares so many in each suite, which takes minutes; DOORPHONE_SRTP_SEED others.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SUITES = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
];
const ROOT = new URL('../../', import.meta.url).pathname;
const PACKETS = process.env.DOORPHONE_SRTP_PACKETS ?? '20000';
const SEED = process.env.DOORPHONE_SRTP_SEED ?? '1';
const run = promisify(execFile);

test('every packet is libsrtp2’s, and every verdict on what a bad network brings', { timeout: 1_200_000 }, async () => {
  await run('make', ['-s', '-C', `${ROOT}native`, 'peers']);
  const { stdout } = await run(`${ROOT}build/native/peers/srtp-equality`, [PACKETS, SEED]);
  console.log(stdout);
  for (const suite of SUITES.flatMap((name) => [name, `${name} with MKI`])) {
    expect(stdout).toContain(`ok   ${suite}: ${PACKETS} packets the same`);
  }
});
