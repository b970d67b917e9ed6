// The package on Debian 12 and 13: what apt, dpkg and systemd themselves make of it. One scenario tells many steps.

import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kernel } from '../board/emulated-board.ts';
import { type Run, runKernel } from '../board/user-mode-kernel.ts';
import { type Suite, unpack } from './debian.ts';

const PROJECT = new URL('../..', import.meta.url).pathname;
/** A program that ends as soon as it begins. */
const BROKEN = '(function () { process.exit(3); })';
const WITHIN_MS = 900_000;
/** What the scenario writes is in memory. */
const MEMORY_MB = 1536;

let folder = '';
let image = '';

beforeAll(() => {
  image = kernel();
  folder = mkdtempSync(join(tmpdir(), 'doorphone-package-'));
  const packages = join(folder, 'packages');
  mkdirSync(packages);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(join(packages, 'key.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  const built = readdirSync(join(PROJECT, 'build/deb')).find((file) => file.endsWith('_amd64.deb'));
  if (built === undefined) throw new Error('there is no package for amd64: make deb ARCHITECTURES=amd64');
  copyFileSync(join(PROJECT, 'build/deb', built), join(packages, 'doorphone_first.deb'));
  // The same program under other names of its version.
  makeVersion(packages, 'second', '0.1.1');
  offer(packages, 'third', makeVersion(packages, 'third', '0.1.2'), privateKey);
  offer(packages, 'broken', makeVersion(packages, 'broken', '0.1.3', BROKEN), privateKey);
  const stranger = generateKeyPairSync('ed25519').privateKey;
  offer(packages, 'unsigned', makeVersion(packages, 'unsigned', '0.1.4'), stranger);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The package with another version, and where it is given another program. @returns the version */
function makeVersion(packages: string, name: string, version: string, program?: string): string {
  const tree = join(folder, name);
  execFileSync('dpkg-deb', ['--raw-extract', join(packages, 'doorphone_first.deb'), tree]);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${version}`));
  const file = join(tree, 'usr/lib/doorphone/dist/doorphone.cjs');
  const own = JSON.stringify(JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')).version);
  writeFileSync(file, program ?? readFileSync(file, 'utf8').replaceAll(own, JSON.stringify(version)));
  const deb = join(packages, `doorphone_${name}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', tree, deb], { stdio: 'ignore' });
  rmSync(tree, { recursive: true });
  return version;
}

/** What the service asks its helper for: the package's sum, signed as `doorphone firmware VERSION sha256 SUM`. */
function offer(packages: string, name: string, version: string, key: KeyObject): void {
  const sha256 = createHash('sha256')
    .update(readFileSync(join(packages, `doorphone_${name}.deb`)))
    .digest('hex');
  const statement = `doorphone firmware ${version} sha256 ${sha256}\n`;
  const signature = sign(null, Buffer.from(statement), key).toString('base64');
  const request = { version, previous: '0.1.1', sha256, signature, proveWithin: 30 };
  writeFileSync(join(packages, `${name}.sha256`), sha256);
  writeFileSync(join(packages, `${name}.json`), `${JSON.stringify(request)}\n`);
}

const STEPS = readFileSync(new URL('scenario', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => /^step '([^']*)'/.exec(line)?.[1] ?? []);

describe.each<Suite>(['bookworm', 'trixie'])('the package on %s', (suite) => {
  let run: Run | undefined;

  beforeAll(async () => {
    const root = join(folder, suite);
    const own = join(root, 'opt/package');
    unpack(suite, root, '/opt/package/scenario');
    execFileSync('cp', ['-r', join(folder, 'packages'), own]);
    copyFileSync(new URL('scenario', import.meta.url), join(own, 'scenario'));
    chmodSync(join(own, 'scenario'), 0o755);
    const first = ['init=/lib/systemd/systemd', 'systemd.show_status=0', 'systemd.log_target=null'];
    const parameters = [`rootflags=${root}`, 'rw', ...first];
    run = await runKernel(image, parameters, folder, { withinMs: WITHIN_MS, timeTravel: true, memoryMb: MEMORY_MB });
    rmSync(root, { recursive: true });
  });

  test.each(STEPS)('%s', (step) => {
    const told = run?.steps.find((one) => one.step === step);
    expect(told, run?.console.slice(-60).join('\n')).toBeDefined();
    expect(told?.ok, run?.console.join('\n')).toBe(true);
  });

  test('the scenario came to its end', () => {
    expect(run?.exit).toBe(0);
  });
});
