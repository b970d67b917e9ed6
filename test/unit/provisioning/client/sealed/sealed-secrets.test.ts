import {
  createCipheriv,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../../src/base/secret.ts';
import { parseWithProfile } from '../../../../../src/config/index.ts';
import { deviceKey, makeDeviceKey, SealedSecrets } from '../../../../../src/provisioning/client/sealed/index.ts';
import { RecordingLog } from '../../../../support/recording-log.ts';

/** age-encryption.org/v1 by node:crypto alone: an X25519 recipient, one chunk of payload, in armour. */
function seal(text: string, recipient: string): string {
  const point = fromBech32(recipient);
  const ephemeral = generateKeyPairSync('x25519');
  const share = rawPoint(ephemeral.publicKey);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: pointKey(point) });
  const fileKey = randomBytes(16);
  const wrapKey = hkdf(shared, Buffer.concat([share, point]), 'age-encryption.org/v1/X25519');
  const stanza = `-> X25519 ${unpadded(share)}\n${unpadded(chacha(wrapKey, Buffer.alloc(12), fileKey))}\n`;
  const head = `age-encryption.org/v1\n${stanza}---`;
  const mac = createHmac('sha256', hkdf(fileKey, Buffer.alloc(0), 'header'))
    .update(head)
    .digest();
  const nonce = randomBytes(16);
  const last = Buffer.concat([Buffer.alloc(11), Buffer.of(1)]);
  const payload = chacha(hkdf(fileKey, nonce, 'payload'), last, Buffer.from(text));
  const file = Buffer.concat([Buffer.from(`${head} ${unpadded(mac)}\n`), nonce, payload]);
  const lines = file.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN AGE ENCRYPTED FILE-----', ...lines, '-----END AGE ENCRYPTED FILE-----', ''].join('\n');
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
const hkdf = (key: Buffer, salt: Buffer, info: string): Buffer => Buffer.from(hkdfSync('sha256', key, salt, info, 32));
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const rawPoint = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' }).subarray(-32);
const pointKey = (point: Buffer): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI, point]), format: 'der', type: 'spki' });

function chacha(key: Buffer, nonce: Buffer, data: Buffer): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
}

/** BIP 173, without its checksum. */
function fromBech32(text: string): Buffer {
  const digits = [...text.slice(text.lastIndexOf('1') + 1, -6)].map((c) =>
    'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.indexOf(c),
  );
  const bits = digits.map((digit) => digit.toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
}

const indented = (text: string): string => text.trim().replace(/^/gm, '        ');
const profileWith = (sealed: string): string =>
  `mqtt:\n  url: mqtt://broker.example\n  username: door\n  password:\n      age: |\n${indented(sealed)}\n`;

const OWN = [
  'name: Door',
  'board: virtual',
  'accounts: [ { uri: "sip:door@example.com", register: false } ]',
  'buttons: { front: { line: button, call: [ "sip:101@example.com" ] } }',
].join('\n');

describe('secrets for one device', () => {
  async function read(sealed: string, secrets: SealedSecrets) {
    const text = profileWith(sealed);
    await secrets.prepare([text]);
    const options = {
      file: 'door.yaml',
      readFile: () => ({ text: '', mode: undefined }),
      environment: {},
      unseal: secrets.open,
    };
    return parseWithProfile({ text: OWN, file: 'door.yaml' }, { text, file: 'profile.yaml' }, [], options);
  }

  it('are read by it, and by no other', async () => {
    const log = new RecordingLog();
    const key = await makeDeviceKey();
    const sealed = seal('geheim\n', key.recipient);
    const mine = await read(sealed, new SealedSecrets(() => key.identity, log));
    expect(mine.faults).toEqual([]);
    expect(mine.configuration?.mqtt?.password?.reveal()).toBe('geheim');
    const another = await makeDeviceKey();
    const other = await read(sealed, new SealedSecrets(() => another.identity, log));
    expect((await read(sealed, new SealedSecrets(() => undefined, log))).faults).toMatchObject([
      { key: 'mqtt.password' },
    ]);
    expect(other.faults).toMatchObject([
      { key: 'mqtt.password', what: expect.stringContaining('not to the key of this device') },
    ]);
    expect(JSON.stringify([mine, other, log.lines])).not.toMatch(/geheim|SECRET-KEY/);
  });

  it('are refused where a bit of them is another', async () => {
    const key = await makeDeviceKey();
    const secrets = new SealedSecrets(() => key.identity, new RecordingLog());
    const lines = seal('geheim', key.recipient).split('\n');
    const at = lines.length - 3;
    const line = lines[at] ?? '';
    lines[at] = (line.startsWith('A') ? 'B' : 'A') + line.slice(1);
    for (const wrong of [lines.join('\n'), 'no armour', 'x'.repeat(100_000)]) {
      expect((await read(wrong, secrets)).faults).toMatchObject([{ key: 'mqtt.password' }]);
    }
  });

  it('are kept as long as a text that holds them is', async () => {
    const key = await makeDeviceKey();
    const secrets = new SealedSecrets(() => key.identity, new RecordingLog());
    const [first, second] = [seal('one', key.recipient), seal('two', key.recipient)];
    const texts = [JSON.stringify({ a: [{ age: first }] }), JSON.stringify({ b: { age: second } })];
    await secrets.prepare(texts);
    expect([secrets.open(first), secrets.open(second)]).toEqual(['one', 'two']);
    await secrets.prepare(texts.slice(1));
    expect([secrets.open(first), secrets.open(second)]).toEqual([undefined, 'two']);
    await secrets.prepare(['a: [', '']);
    expect(secrets.open(second)).toBeUndefined();
  });

  it('are encrypted to what the kept key stands for', async () => {
    const made = await makeDeviceKey();
    const read = await deviceKey(new Secret(`${made.identity.reveal()}\n`));
    expect(read.recipient).toBe(made.recipient);
    expect(read.recipient).toMatch(/^age1[a-z0-9]{58}$/);
    await expect(deviceKey(new Secret('no key'))).rejects.toThrow();
  });
});
