// What becomes of a data partition that is damaged: the real script, e2fsck and mke2fs on a file in a partition's place. mount
// and what the machine alone has are scripts that do what a test says.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const OWN = 'usr/lib/doorphone-image';
const PROGRAMS = `${process.env.PATH}:/usr/sbin:/sbin`;

let root = '';
const at = (path: string): string => join(root, path);
const read = (path: string): string => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : '');

function tool(path: string, text: string): void {
  writeFileSync(at(path), `#!/bin/sh\necho "\${0##*/} $*" >> "${at('calls')}"\n${text}\n`);
  chmodSync(at(path), 0o755);
}

function put(path: string, text: string): void {
  mkdirSync(join(at(path), '..'), { recursive: true });
  writeFileSync(at(path), text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'doorphone-image-'));
  for (const folder of ['bin', 'data', 'run', OWN, 'var/lib/doorphone', 'var/lib/systemd', 'etc/wpa_supplicant']) {
    mkdirSync(at(folder), { recursive: true });
  }
  chmodSync(at('var/lib/doorphone'), 0o700);
  put('etc/doorphone/doorphone.yaml', 'name: First day\n');
  put(`${OWN}/data-partition`, 'PARTUUID=0123abcd-03\n');
  tool('bin/findfs', `[ "$1" = PARTUUID=0123abcd-03 ] && echo "${at('partition')}"`);
  tool('bin/sleep', '');
  mounts('true');
  tool('bin/umount', '');
  partition();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @param ext4 what the kernel says to a file system that is to be mounted; memory is always there */
function mounts(ext4: string): void {
  tool('bin/mount', `case "$*" in *tmpfs*) exit 0 ;; *) ${ext4} ;; esac`);
}

/** A file system in a file. */
function partition(): void {
  truncateSync(fileAt('partition'), 8 * 1024 * 1024);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-L', 'data', at('partition')], {
    env: { ...process.env, PATH: PROGRAMS },
  });
}

function fileAt(path: string): string {
  writeFileSync(at(path), '');
  return at(path);
}

function overwrite(offset: number, bytes: Buffer): void {
  const file = openSync(at('partition'), 'r+');
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

function run(script = 'data'): string {
  const done = spawnSync('sh', [resolve(`board/image/root/${OWN}/${script}`)], {
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${at('bin')}:${PROGRAMS}`,
      DOORPHONE_IMAGE_ROOT: root,
      DOORPHONE_WAIT_TENTHS: '3',
    },
  });
  expect(done.status, done.stderr).toBe(0);
  return done.stdout;
}

const isSound = (): boolean =>
  spawnSync('e2fsck', ['-fn', at('partition')], { env: { ...process.env, PATH: PROGRAMS } }).status === 0;

describe('a data partition', () => {
  it('that is sound is mounted, and nothing else is done', () => {
    run();
    const [, mounted, ...more] = read('calls').trim().split('\n');
    expect(mounted).toBe(`mount -t ext4 -o rw,noatime,nosuid,nodev,noexec ${at('partition')} ${at('data')}`);
    expect(more).toEqual([]);
    expect(readdirSync(at('data'))).toEqual([]);
  });

  it('whose first superblock is gone is mended by another one, and mounted', () => {
    overwrite(1024, Buffer.alloc(1024));
    expect(isSound()).toBe(false);
    run();
    expect(isSound()).toBe(true);
    expect(read('calls')).not.toContain('tmpfs');
  });

  it('that comes late is waited for, one that never comes not for ever', () => {
    tool('bin/findfs', `[ $(grep -c findfs "${at('calls')}") -gt 3 ] && echo "${at('partition')}"`);
    run();
    expect(read('calls')).toContain('mount -t ext4 -o rw,');
    rmSync(at('calls'));
    tool('bin/findfs', 'false');
    run();
    expect(read('data/doorphone/volatile')).toBe('there is no partition PARTUUID=0123abcd-03\n');
    expect(read('data/etc/doorphone.yaml')).toBe('name: First day\n');
  });

  it('on which there is nothing is made anew, with the settings that are known', () => {
    writeFileSync(at('partition'), Buffer.alloc(8 * 1024 * 1024));
    put(`${OWN}/known/etc/doorphone.yaml`, 'name: Known\n');
    put(`${OWN}/known/wifi/wpa_supplicant-wlan0.conf`, 'country=DE\n');
    run();
    expect(isSound()).toBe(true);
    expect(read('calls')).not.toContain('tmpfs');
    expect(read('data/etc/doorphone.yaml')).toBe('name: Known\n');
    expect(read('data/wifi/wpa_supplicant-wlan0.conf')).toBe('country=DE\n');
    expect(existsSync(at('data/doorphone/volatile'))).toBe(false);
    expect(statSync(at('data/doorphone')).mode & 0o777).toBe(0o700);
    expect(readdirSync(at('data')).toSorted()).toEqual(['alsa', 'doorphone', 'etc', 'firmware', 'systemd', 'wifi']);
  });

  it('that can only be read is copied into memory, and the door is told why', () => {
    put('rescued/etc/doorphone.yaml', 'name: Last\n');
    put('rescued/doorphone/profile.json', '{}\n');
    tool(
      'bin/mount',
      `case "$*" in *tmpfs*) ;; *ro,noload*) cp -a "${at('rescued')}/." "${at('run/doorphone-data')}" ;; *) exit 32 ;; esac`,
    );
    const before = readFileSync(at('partition'));
    run();
    expect(read('data/etc/doorphone.yaml')).toBe('name: Last\n');
    expect(read('data/doorphone/profile.json')).toBe('{}\n');
    expect(read('data/doorphone/volatile')).toBe(`${at('partition')} can be read only\n`);
    expect(readFileSync(at('partition')).equals(before)).toBe(true);
    expect(read('calls')).toContain(`umount ${at('run/doorphone-data')}`);
  });

  it('that cannot even be read is left as it is; the door has what is known', () => {
    mounts('exit 32');
    put(`${OWN}/known/etc/doorphone.yaml`, 'name: Known\n');
    const before = readFileSync(at('partition'));
    expect(run()).toContain('cannot be mounted: what the door keeps is in memory');
    expect(read('data/etc/doorphone.yaml')).toBe('name: Known\n');
    expect(read('data/doorphone/volatile')).toBe(`${at('partition')} cannot be mounted\n`);
    expect(readFileSync(at('partition')).equals(before)).toBe(true);
  });
});

describe('what is known', () => {
  it('is configuration, secrets and Wi-Fi, for root alone, as it was last', () => {
    put('etc/doorphone/secrets/sip', 'hunter2\n');
    put('etc/wpa_supplicant/wpa_supplicant-wlan0.conf', 'country=DE\n');
    put(`${OWN}/known/etc/secrets/old`, 'gone since\n');
    run('keep-known');
    expect(statSync(at(`${OWN}/known`)).mode & 0o777).toBe(0o700);
    expect(read(`${OWN}/known/etc/secrets/sip`)).toBe('hunter2\n');
    expect(read(`${OWN}/known/wifi/wpa_supplicant-wlan0.conf`)).toBe('country=DE\n');
    expect(existsSync(at(`${OWN}/known/etc/secrets/old`))).toBe(false);
  });
});

it('the folders of the door wait for what mounts it, and nothing else waits for the partition', () => {
  const lines = readFileSync('board/image/root/etc/fstab', 'utf8').split('\n');
  const fromData = lines.filter((line) => line.startsWith('/data/'));
  expect(fromData).toHaveLength(6);
  for (const line of fromData) expect(line).toContain('x-systemd.requires=doorphone-data.service');
  expect(lines.filter((line) => line.includes('-03'))).toEqual([]);
});
