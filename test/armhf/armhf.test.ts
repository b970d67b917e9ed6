// The package for 32-bit ARM in Debian 13's own root, every program of it run by qemu-user: dpkg sets it up, its compiled
// parts load, and the demonstration's call rings, talks and opens the door by the C engine of that processor.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mirror } from '../package/debian.ts';

const PROJECT = new URL('../..', import.meta.url).pathname;
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'doorphone');
const ARCHIVE = join(CACHE, 'debian-trixie-armhf-1.tar');
/** All that the package depends on: it is set up with no network. */
const PACKAGES = 'systemd,udev,openssl,iproute2,procps,nodejs,libasound2t64';
const HOME = '/usr/lib/doorphone';

let folder = '';
let root = '';

beforeAll(() => {
  if (!existsSync(ARCHIVE)) {
    mkdirSync(CACHE, { recursive: true });
    const words = ['--quiet', '--architectures=armhf', '--variant=minbase', `--include=${PACKAGES}`, 'trixie'];
    execFileSync('mmdebstrap', [...words, `${ARCHIVE}.new.tar`, mirror()], { stdio: ['ignore', 'ignore', 'inherit'] });
    renameSync(`${ARCHIVE}.new.tar`, ARCHIVE);
  }
  folder = mkdtempSync(join(tmpdir(), 'doorphone-armhf-'));
  root = join(folder, 'root');
  mkdirSync(root);
  execFileSync('tar', ['-C', root, '-xf', ARCHIVE, '--exclude=./dev/*']);
  const built = readdirSync(join(PROJECT, 'build/deb')).find((file) => file.endsWith('_armhf.deb'));
  if (built === undefined) throw new Error('there is no package for armhf: make deb ARCHITECTURES=armhf');
  copyFileSync(join(PROJECT, 'build/deb', built), join(root, 'tmp/doorphone.deb'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program of the root in mounts, processes and a network of its own, which go with it. @returns what it said */
function inside(...words: string[]): string {
  const script = [
    'set -e',
    'mount --bind /dev "$0/dev"',
    'mount -t proc proc "$0/proc"',
    'ip link set lo up',
    'exec chroot "$0" "$@"',
  ].join('\n');
  const run = spawnSync(
    'unshare',
    ['--mount', '--net', '--pid', '--fork', '--kill-child', 'sh', '-c', script, root, ...words],
    { encoding: 'utf8', timeout: 280_000, env: { PATH: process.env.PATH, TMPDIR: '/tmp', LC_ALL: 'C.UTF-8' } },
  );
  if (run.status !== 0) throw new Error(`${words.join(' ')} ended with ${run.status}:\n${run.stdout}\n${run.stderr}`);
  return run.stdout;
}

test('dpkg sets it up, with all that it depends on', () => {
  inside('dpkg', '--install', '/tmp/doorphone.deb');
  const status = inside('dpkg', '--status', 'doorphone');
  expect(status).toContain('Status: install ok installed');
  expect(status).toContain('Architecture: armhf');
  expect(inside('getent', 'passwd', 'doorphone')).toMatch(/^doorphone:/);
});

test('its compiled parts load', () => {
  const parts = ['koffi', '@serialport/bindings-cpp', 'onoff'].map((name) => `require('${HOME}/node_modules/${name}')`);
  expect(inside('node', '-p', `${parts.join(';')}; process.arch`).trim()).toBe('arm');
});

test('it tells what is wrong with a configuration', () => {
  writeFileSync(join(root, 'tmp/doorphone.yaml'), 'board: virtual\nbuttons: { front: { line: button, calls: [] } }\n');
  expect(() => inside('doorphone', 'check', '/tmp/doorphone.yaml')).toThrow(/calls: is not a known key/);
});

test('a call rings, both are heard, and the code opens the door', () => {
  const said = inside('doorphone', 'demo', '--once');
  process.stdout.write(said.replaceAll(/^/gm, '    '));
  expect(said).toContain('relay on: the door is open');
  expect(said).toMatch(/the door heard the phone: correlation [01]\.\d+/);
  expect(said).toMatch(/the phone heard the visitor: correlation [01]\.\d+/);
  expect(said).toContain('all went as it must');
});
