// A small Debian in a folder, booted under its own systemd by the user-mode kernel.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'doorphone');
/** Everything that the package depends on: it installs with no network. */
const PACKAGES = 'systemd,systemd-sysv,udev,dbus,openssl,iproute2,procps,util-linux';
const SOUND = { bookworm: 'libasound2', trixie: 'libasound2t64' } as const;

export type Suite = keyof typeof SOUND;

/** A release, made once and kept as an archive. @returns the archive */
function release(suite: Suite): string {
  const archive = join(CACHE, `debian-${suite}-1.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(CACHE, { recursive: true });
  const words = ['--quiet', '--variant=minbase', `--include=${PACKAGES},${SOUND[suite]}`, suite, `${archive}.new.tar`];
  execFileSync('mmdebstrap', [...words, mirror()], { stdio: ['ignore', 'ignore', 'inherit'] });
  renameSync(`${archive}.new.tar`, archive);
  return archive;
}

/** Where this machine has its own packages from. */
export function mirror(): string {
  for (const file of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    if (!existsSync(file)) continue;
    const found = /^(?:URIs:|deb(?: \[[^\]]*\])?) *(\S+)/m.exec(readFileSync(file, 'utf8'))?.[1];
    if (found !== undefined) return found;
  }
  throw new Error('no mirror of Debian is configured on this machine');
}

/** Unpacks a release into `folder`; `program` runs once the system is up, its output on the console. */
export function unpack(suite: Suite, folder: string, program: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-C', folder, '-xf', release(suite), '--exclude=./dev/*']);
  const units = join(folder, 'etc/systemd/system');
  writeFileSync(
    join(units, 'scenario.service'),
    [
      '[Unit]\nAfter=basic.target\n[Service]\nType=exec',
      `ExecStart=${program}`,
      'StandardOutput=tty\nStandardError=tty\nTTYPath=/dev/console\n',
    ].join('\n'),
  );
  mkdirSync(join(units, 'multi-user.target.wants'), { recursive: true });
  symlinkSync('../scenario.service', join(units, 'multi-user.target.wants/scenario.service'));
}
