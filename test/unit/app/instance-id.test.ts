import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instanceOf } from '../../../src/app/instance-id.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

/** RFC 9562 §4: version 4, variant 10. */
const URN = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('the instance (RFC 5626 §4.1)', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'doorphone-instance-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const start = (seed: number): string => instanceOf(folder, new SeededRandom(seed), new RecordingLog());

  it('is a UUID of chance, and the same after every start', () => {
    const first = start(1);
    expect(first).toMatch(URN);
    expect(start(2)).toBe(first);
    expect(readdirSync(folder)).toEqual(['instance']);
  });

  it('differs from device to device', () => {
    const first = start(1);
    rmSync(join(folder, 'instance'));
    expect(start(2)).not.toBe(first);
  });

  it.each(['', 'urn:uuid:f81d4fae-7dec-11d0', 'urn:uuid:x\r\nContact: <sip:mallory@evil>'])(
    'is made anew where the file holds %j',
    (text) => {
      writeFileSync(join(folder, 'instance'), text);
      const made = start(3);
      expect(made).toMatch(URN);
      expect(readFileSync(join(folder, 'instance'), 'utf8')).toBe(`${made}\n`);
    },
  );

  it('lasts for the run where it cannot be kept, and that is said', () => {
    const log = new RecordingLog();
    expect(instanceOf(join(folder, 'missing'), new SeededRandom(1), log)).toMatch(URN);
    expect(log.text).toContain('instance.not-kept');
  });
});
