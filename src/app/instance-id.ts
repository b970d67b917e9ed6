// Who this device is, for as long as its state folder lives: the URN that registrars tell it by from other devices of the
// same account (RFC 5626 §4.1). It is made of chance and not of the machine: no hardware address goes out into the
// network. An image that many boards are to start from has to be made without it, or all of them are one device.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { writeWhole } from './store-file.ts';

const FILE = 'instance';
const URN = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The URN of this device: read from the state folder, made there at the first start. Where it cannot be kept it is good
 * for this run: registrars then take the device for a new one after each start, and nothing worse.
 */
export function instanceOf(folder: string, random: Random, log: Log): string {
  const path = join(folder, FILE);
  const kept = read(path);
  if (kept !== undefined) return kept;
  const made = newInstance(random);
  try {
    writeWhole(path, `${made}\n`, 0o640);
  } catch (thrown) {
    log.warn('instance.not-kept', { path, reason: describeError(thrown) });
  }
  return made;
}

/** RFC 9562 §5.4: a UUID of chance. */
function newInstance(random: Random): string {
  const bytes = random.bytes(16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `urn:uuid:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}`;
}

/** What is there and whole; a file that a power cut has left half is made anew. */
function read(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return URN.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
