// The helper that installs, on a root of the test's own: the real script, openssl and sha256sum; dpkg, RAUC and systemd are
// scripts that write down what they were asked.

import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { statementOf } from '../../../../../src/provisioning/client/firmware/index.ts';

const SCRIPT = resolve('board/systemd/doorphone-firmware');
const signer = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');

let root = '';
let letters = '';
let own = '';

const at = (path: string): string => join(root, path);
const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

function tool(name: string, text: string): void {
  writeFileSync(at(`bin/${name}`), `#!/bin/sh\necho "${name} $*" >> "${at('calls')}"\n${text}\n`);
  chmodSync(at(`bin/${name}`), 0o755);
}

beforeEach(setUp);
afterEach(takeDown);

function setUp(): void {
  root = mkdtempSync(join(tmpdir(), 'doorphone-firmware-'));
  letters = at('var/lib/doorphone/firmware');
  own = at('var/lib/doorphone-firmware');
  for (const folder of ['bin', 'etc/doorphone/trust', 'var/lib/doorphone/firmware', 'var/lib/doorphone-firmware']) {
    mkdirSync(at(folder), { recursive: true });
  }
  writeFileSync(at('etc/doorphone/trust/maker.pem'), String(signer.publicKey.export({ type: 'spki', format: 'pem' })));
  writeFileSync(join(own, 'old.package'), 'doorphone 1.2.0\n');
  // A package of the test is a text: `name version`.
  tool('dpkg-deb', 'read -r name version < "$2"; case $3 in Package) echo "$name" ;; Version) echo "$version" ;; esac');
  tool(
    'dpkg',
    'case $1 in --compare-versions) [ "$2" != "$4" ] && [ "$(printf "%s\\n%s\\n" "$2" "$4" | sort -V | tail -1)" = "$2" ] ;; esac',
  );
  tool('dpkg-query', 'printf 1.2.0');
  tool('systemctl', '');
  tool('systemd-run', '');
}

function takeDown(): void {
  rmSync(root, { recursive: true, force: true });
}

interface Asked {
  readonly version?: string;
  readonly text?: string;
  readonly key?: typeof signer;
  readonly previous?: string;
}

function ask({
  version = '1.3.0',
  text = `doorphone ${version}\n`,
  key = signer,
  previous = '1.2.0',
}: Asked = {}): string {
  const sha256 = createHash('sha256').update(text).digest('hex');
  const signature = sign(null, statementOf({ version, sha256 }), key.privateKey).toString('base64');
  writeFileSync(join(letters, `${sha256}.package`), text);
  writeFileSync(
    join(letters, 'request.json'),
    JSON.stringify({ version, previous, sha256, signature, proveWithin: 120 }),
  );
  return sha256;
}

function run(verb: string): number | null {
  const env = { PATH: `${at('bin')}:${process.env.PATH ?? ''}`, DOORPHONE_FIRMWARE_ROOT: root };
  return spawnSync('/bin/sh', [SCRIPT, verb], { env, encoding: 'utf8' }).status;
}

const calls = (): string[] =>
  read(at('calls'))
    .split('\n')
    .filter((line) => /^(dpkg --force|rauc|systemctl|systemd-run)/.test(line));

describe('the helper', () => {
  it('installs what is signed, and puts it on trial', () => {
    ask();
    expect(run('install')).toBe(0);
    expect(calls()).toEqual([
      expect.stringMatching(/^systemd-run .*--on-active=180 .*check$/),
      `dpkg --force-confold --force-downgrade --install ${join(own, 'new.package')}`,
      'systemctl restart doorphone.service',
    ]);
    expect(JSON.parse(read(join(letters, 'trial.json')))).toEqual({ version: '1.3.0', proveWithin: 120 });
    expect(existsSync(join(letters, 'request.json'))).toBe(false);
  });

  it.each<[string, () => unknown, string]>([
    ['another key', () => ask({ key: other }), 'not signed'],
    [
      'another package',
      () => writeFileSync(join(letters, `${ask()}.package`), 'doorphone 1.3.0 and more\n'),
      'not the one that is signed',
    ],
    ['another program', () => ask({ text: 'sudo 1.3.0\n' }), 'no package of doorphone'],
    ['another version', () => ask({ text: 'doorphone 1.2.9\n' }), 'of another version'],
    ['an older version', () => ask({ version: '1.1.0' }), 'older than what runs'],
    [
      'an older version, whatever the request says',
      () => ask({ version: '1.1.0', previous: '1.0.0' }),
      'older than what runs',
    ],
    ['no package', () => rmSync(join(letters, `${ask()}.package`)), 'not there'],
    [
      'a link to another file',
      () => {
        const path = join(letters, `${ask()}.package`);
        rmSync(path);
        symlinkSync('/etc/shadow', path);
      },
      'not there',
    ],
  ])('does not install %s', (_, prepare, why) => {
    prepare();
    expect(run('install')).toBe(1);
    expect(calls()).toEqual([]);
    expect(JSON.parse(read(join(letters, 'result.json'))).why).toContain(why);
    expect(existsSync(join(letters, 'request.json'))).toBe(false);
    expect(existsSync(join(own, 'trial'))).toBe(false);
  });

  it('does not run what a request holds', () => {
    writeFileSync(
      join(letters, 'request.json'),
      `{"version":"1;touch ${at('owned')}","sha256":"../../x","signature":"$(touch ${at('owned')})"}`,
    );
    expect(run('install')).toBe(1);
    expect(existsSync(at('owned'))).toBe(false);
    expect(calls()).toEqual([]);
  });

  it('writes no letter through a link', () => {
    writeFileSync(at('precious'), 'precious');
    symlinkSync(at('precious'), join(letters, 'result.json'));
    symlinkSync(at('precious'), join(letters, 'trial.json'));
    ask({ key: other });
    run('install');
    ask();
    run('install');
    expect(read(at('precious'))).toBe('precious');
  });

  it('keeps what works', () => {
    const sha256 = ask();
    run('install');
    writeFileSync(join(letters, 'confirm'), '{}');
    expect(run('answer')).toBe(0);
    expect(read(join(own, 'old.package'))).toBe('doorphone 1.3.0\n');
    for (const gone of [
      join(own, 'trial'),
      join(letters, 'trial.json'),
      join(letters, 'confirm'),
      join(letters, `${sha256}.package`),
    ]) {
      expect(existsSync(gone)).toBe(false);
    }
  });

  const back = (): void => {
    expect(
      calls()
        .slice(3)
        .filter((call) => !/ stop | is-active /.test(call)),
    ).toEqual([
      `dpkg --force-confold --force-downgrade --install ${join(own, 'old.package')}`,
      'systemctl --no-block restart doorphone.service',
    ]);
    expect(existsSync(join(own, 'trial'))).toBe(false);
    expect(JSON.parse(read(join(letters, 'result.json')))).toMatchObject({ version: '1.3.0', why: expect.any(String) });
    expect(read(join(own, 'old.package'))).toBe('doorphone 1.2.0\n');
  };

  it('brings the old one back where the new one says so', () => {
    ask();
    run('install');
    writeFileSync(join(letters, 'revert'), '{}');
    run('answer');
    back();
  });

  it('brings the old one back where the new one says nothing', () => {
    ask();
    run('install');
    run('check');
    back();
    expect(run('check')).toBe(0);
  });

  it('brings the old one back where the new one starts again and again', () => {
    ask();
    run('install');
    for (let start = 0; start < 3; start += 1) run('started');
    expect(existsSync(join(own, 'trial'))).toBe(true);
    run('started');
    back();
    expect(run('started')).toBe(0);
  });

  it('brings the old one back where the new one cannot be installed', () => {
    tool('dpkg', 'case $* in *new.package) exit 1 ;; *old.package) exit 0 ;; esac');
    ask();
    run('install');
    expect(calls().filter((call) => call.startsWith('dpkg'))).toHaveLength(2);
    expect(existsSync(join(own, 'trial'))).toBe(false);
  });

  it('has RAUC install a bundle, and tells it what became of it', () => {
    tool('rauc', '');
    ask({ text: 'a bundle\n' });
    expect(run('install')).toBe(0);
    expect(calls()).toContain(`rauc install ${join(own, 'new.package')}`);
    expect(calls().at(-1)).toBe('systemctl reboot');
    writeFileSync(join(letters, 'confirm'), '{}');
    run('answer');
    expect(calls()).toContain('rauc status mark-good');
    ask({ text: 'a bundle\n' });
    run('install');
    run('check');
    const told = calls().filter((call) => call !== 'rauc status');
    expect(told.filter((call) => !/ stop /.test(call)).slice(-2)).toEqual([
      'rauc status mark-bad booted',
      'systemctl reboot',
    ]);
  });

  it('counts the time of a trial anew after a power cut', () => {
    ask();
    run('install');
    tool('systemctl', 'case $1 in is-active) exit 3 ;; esac');
    run('started');
    expect(calls().filter((call) => call.startsWith('systemd-run'))).toHaveLength(2);
  });

  // Each of these changes what is on the disk: power fails before the one with this number, or behind the last.
  const failAt = (cut: number): void => {
    for (const name of ['rm', 'mv', 'dpkg']) {
      tool(
        name,
        [
          `n=$(($(cat "${at('changes')}" 2>/dev/null || echo 0) + 1))`,
          `echo $n > "${at('changes')}"`,
          `[ $n -lt ${cut} ] || { kill -KILL $PPID; exit 1; }`,
          name === 'dpkg' ? '' : `exec /bin/${name} "$@"`,
        ].join('\n'),
      );
    }
  };
  const powerIsBack = (): void => {
    for (const name of ['rm', 'mv']) rmSync(at(`bin/${name}`));
    tool('dpkg', '');
  };
  /** @param cut is asked with 1, 2, … as often as power fails within what the helper does */
  const atEachChange = (verb: string, letter: string, then: () => void): void => {
    let cuts = 0;
    for (let status: number | null = null; status === null; takeDown(), setUp()) {
      ask();
      run('install');
      writeFileSync(join(letters, letter), '{}');
      cuts += 1;
      failAt(cuts);
      status = run(verb);
      powerIsBack();
      then();
    }
    expect(cuts).toBeGreaterThan(4);
  };

  it('keeps what works, wherever power fails meanwhile', () => {
    atEachChange('answer', 'confirm', () => {
      run('started');
      // The new version, on trial still, proves itself once more.
      writeFileSync(join(letters, 'confirm'), '{}');
      expect(run('answer')).toBe(0);
      expect(read(join(own, 'old.package'))).toBe('doorphone 1.3.0\n');
      expect(existsSync(join(own, 'new.package'))).toBe(false);
      expect(existsSync(join(own, 'trial'))).toBe(false);
      expect(existsSync(join(letters, 'result.json'))).toBe(false);
    });
  });

  it('brings the old one back, wherever power fails meanwhile', () => {
    atEachChange('check', 'revert', () => {
      // Starts again and again, or its time is over.
      for (let start = 0; start < 4; start += 1) run('started');
      expect(run('check')).toBe(0);
      expect(
        calls()
          .filter((call) => call.startsWith('dpkg'))
          .at(-1),
      ).toContain(join(own, 'old.package'));
      expect(JSON.parse(read(join(letters, 'result.json')))).toMatchObject({ version: '1.3.0' });
      expect(existsSync(join(own, 'trial'))).toBe(false);
      expect(read(join(own, 'old.package'))).toBe('doorphone 1.2.0\n');
    });
  });

  it('comes back to what ran, and to nothing older that is kept', () => {
    writeFileSync(join(own, 'old.package'), 'doorphone 1.1.0\n');
    tool('dpkg-query', 'case $1 in --showformat*|--show) printf 1.2.0 ;; --status) echo "Package: doorphone" ;; esac');
    tool(
      'dpkg-deb',
      [
        'case $* in *--build*) for last; do :; done; echo "doorphone 1.2.0" > "$last"; exit ;; esac',
        'read -r name version < "$2"; case $3 in Package) echo "$name" ;; Version) echo "$version" ;; esac',
      ].join('\n'),
    );
    ask();
    expect(run('install')).toBe(0);
    expect(read(join(own, 'old.package'))).toBe('doorphone 1.2.0\n');
  });

  it('takes one version at a time', () => {
    ask();
    run('install');
    ask({ version: '1.4.0' });
    expect(run('install')).toBe(1);
    expect(JSON.parse(read(join(letters, 'result.json'))).why).toContain('on trial');
  });
});
