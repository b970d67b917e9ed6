// What somebody puts on the boot partition of a card, and what becomes of it: the real script on a root of the test's own.
// mount, chown and the programs that a board alone has are scripts that write down what they were asked.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = resolve('board/image/root/usr/lib/doorphone-image/settings');

let root = '';
const at = (path: string): string => join(root, path);
const read = (path: string): string => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : '');
const card = (name: string, text: string): void => writeFileSync(at(`boot/firmware/${name}`), text);
const result = (): readonly string[] => read('boot/firmware/result.txt').trim().split('\n').slice(1);

function tool(path: string, text: string): void {
  writeFileSync(at(path), `#!/bin/sh\necho "\${0##*/} $*" >> "${at('calls')}"\n${text}\n`);
  chmodSync(at(path), 0o755);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'doorphone-image-'));
  for (const folder of ['bin', 'boot/firmware', 'etc/doorphone', 'etc/wpa_supplicant', 'usr/lib/doorphone-image']) {
    mkdirSync(at(folder), { recursive: true });
  }
  writeFileSync(at('etc/doorphone/doorphone.yaml'), 'name: Old\n');
  tool('bin/mount', '');
  tool('bin/chown', '');
  tool('bin/install', `for last; do :; done; mkdir -p "$last"`);
  // What it says of a file stands in it.
  tool('bin/doorphone', `grep -q good "$2" && exit 0; echo "$2:1:1: name: is bad"; exit 1`);
  // As wpa_supplicant's own writes it, with a key of its own.
  tool(
    'bin/wpa_passphrase',
    String.raw`read -r word; [ "\${#word}" -ge 8 ] || { echo 'Passphrase must be 8..63 characters'; exit 1; }
      printf 'network={\n\tssid="%s"\n\t#psk="%s"\n\tpsk=0123\n}\n' "$1" "$word"`.replaceAll('\\$', '$'),
  );
  tool('usr/lib/doorphone-image/writable', `cat >> "${at('passwords')}"`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function run(): void {
  const done = spawnSync('sh', [SCRIPT], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${at('bin')}:${process.env.PATH}`, DOORPHONE_IMAGE_ROOT: root },
  });
  expect(done.status, done.stderr).toBe(0);
  expect(done.stderr).toBe('');
}

describe('settings from the boot partition', () => {
  it('writes nothing where there are none', () => {
    run();
    expect(existsSync(at('calls'))).toBe(false);
    expect(readdirSync(at('boot/firmware'))).toEqual([]);
  });

  it('takes a configuration that is good, for the service alone, and removes it from the card', () => {
    card('doorphone.yaml', 'name: good\n');
    run();
    expect(read('etc/doorphone/doorphone.yaml')).toBe('name: good\n');
    expect(statSync(at('etc/doorphone/doorphone.yaml')).mode & 0o777).toBe(0o640);
    expect(read('calls')).toContain('chown root:doorphone');
    expect(readdirSync(at('boot/firmware'))).toEqual(['result.txt']);
    expect(result()).toEqual(['doorphone.yaml: taken']);
  });

  it('takes what Windows has written: a mark at the beginning, carriage returns', () => {
    card('doorphone.yaml', '\ufeffname: good\r\nboard: auto\r\n');
    run();
    expect(read('etc/doorphone/doorphone.yaml')).toBe('name: good\nboard: auto\n');
  });

  it('leaves the door with what it had where the new one is faulty, and says the fault by the name that its author knows', () => {
    card('doorphone.yaml', 'name: wrong\n');
    run();
    expect(read('etc/doorphone/doorphone.yaml')).toBe('name: Old\n');
    expect(readdirSync(at('etc/doorphone'))).toEqual(['doorphone.yaml']);
    expect(readdirSync(at('boot/firmware')).toSorted()).toEqual(['doorphone.yaml', 'result.txt']);
    expect(result()).toEqual([
      'doorphone.yaml: not taken, the door keeps what it had:',
      'doorphone.yaml:1:1: name: is bad',
    ]);
  });

  it('takes secrets and keys along, and none by a name that is none', () => {
    mkdirSync(at('boot/firmware/secrets'));
    mkdirSync(at('boot/firmware/trust'));
    card('secrets/sip', 'swordfish\r\n');
    card('secrets/a b', 'no');
    card('trust/maker.pem', 'KEY\n');
    run();
    expect(read('etc/doorphone/secrets/sip')).toBe('swordfish\n');
    expect(read('etc/doorphone/trust/maker.pem')).toBe('KEY\n');
    expect(existsSync(at('boot/firmware/secrets/sip'))).toBe(false);
    expect(existsSync(at('boot/firmware/trust'))).toBe(false);
    expect(result().join('\n')).toContain('secrets/a b: not taken');
    expect(result().join('\n')).not.toContain('swordfish');
  });

  it('keeps the key of a Wi-Fi, and neither its password nor the file', () => {
    card('wifi.txt', 'ssid = Our House\r\npassword=long enough\r\ncountry=DE\r\nhidden=yes\r\n');
    run();
    const taken = read('etc/wpa_supplicant/wpa_supplicant-wlan0.conf');
    expect(taken).toBe('country=DE\nupdate_config=0\nnetwork={\n\tscan_ssid=1\n\tssid="Our House"\n\tpsk=0123\n}\n');
    expect(statSync(at('etc/wpa_supplicant/wpa_supplicant-wlan0.conf')).mode & 0o777).toBe(0o600);
    expect(read('calls')).not.toContain('long enough');
    expect(existsSync(at('boot/firmware/wifi.txt'))).toBe(false);
  });

  it('takes an open Wi-Fi by the octets of its name', () => {
    card('wifi.txt', 'ssid=Ä"\ncountry=DE\n');
    run();
    expect(read('etc/wpa_supplicant/wpa_supplicant-wlan0.conf')).toContain('\tssid=c38422\n\tkey_mgmt=NONE\n');
  });

  it.each([
    ['password=long enough\ncountry=DE\n', 'it has no line ssid=NAME'],
    ['ssid=House\npassword=long enough\n', 'it has no line country=DE (two capital letters of ISO 3166)'],
    ['ssid=House\npassword=short\ncountry=DE\n', 'a password has 8 to 63 characters'],
  ])('says what a Wi-Fi lacks: %j', (text, why) => {
    card('wifi.txt', text);
    run();
    expect(readdirSync(at('etc/wpa_supplicant'))).toEqual([]);
    expect(result()).toEqual([`wifi.txt: not taken: ${why}`]);
    expect(read('boot/firmware/wifi.txt')).toBe(text);
  });

  it('hands the password of the console on by standard input', () => {
    card('root-password.txt', 'correct horse\n');
    run();
    expect(read('passwords')).toBe('root:correct horse\n');
    expect(read('calls')).toContain('writable chpasswd\n');
    expect(read('calls')).not.toContain('horse');
    expect(existsSync(at('boot/firmware/root-password.txt'))).toBe(false);
  });
});
