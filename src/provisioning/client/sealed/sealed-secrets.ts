// Secrets of a profile that only this device can read: `{ age: … }`, encrypted to its own X25519 key in the format of
// https://age-encryption.org/v1. Whoever keeps or carries the profile learns nothing. The library is loaded when there is
// something to decrypt. Decrypting takes turns of the event loop, and a configuration is checked within one: so all that a
// text holds is decrypted before it is looked at.

import { describeError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import { Secret } from '../../../base/secret.ts';
import { parseLayer } from '../../../config/index.ts';

/** What a device decrypts with. */
export interface DeviceKey {
  /** `AGE-SECRET-KEY-1…`, as it is kept. */
  readonly identity: Secret;
  /** `age1…`: what others encrypt to. */
  readonly recipient: string;
}

/** Makes a key. */
export async function makeDeviceKey(): Promise<DeviceKey> {
  const { generateX25519Identity } = await import('age-encryption');
  return await deviceKey(new Secret(await generateX25519Identity()));
}

/** Reads a key that was kept. Rejects where the text is none. */
export async function deviceKey(identity: Secret): Promise<DeviceKey> {
  const { identityToRecipient } = await import('age-encryption');
  return { identity, recipient: await identityToRecipient(identity.reveal().trim()) };
}

/** Of one text. A profile has a handful. */
const MOST_SECRETS = 64;
/** In armour; a password takes 400 bytes. */
const LONGEST = 8192;

/** Opens what is sealed to one device. */
export class SealedSecrets {
  /** What stands behind `age:`, and what is in it. */
  #opened: ReadonlyMap<string, Secret> = new Map();

  constructor(
    /** Undefined: this device has no key. */
    private readonly identity: () => Secret | undefined,
    private readonly log: Log,
  ) {}

  /**
   * Decrypts what these texts hold, and forgets what only others held: the profiles that are in force or may be next.
   * Never rejects: what cannot be read is not there when it is asked for.
   */
  async prepare(texts: readonly string[]): Promise<void> {
    const opened = new Map<string, Secret>();
    for (const sealed of texts.flatMap((text) => sealedTextsOf(text).slice(0, MOST_SECRETS))) {
      const secret = this.#opened.get(sealed) ?? (await this.#decrypt(sealed));
      if (secret !== undefined) opened.set(sealed, secret);
    }
    this.#opened = opened;
  }

  /** What is behind a text that was prepared. */
  readonly open = (sealed: string): string | undefined => this.#opened.get(sealed)?.reveal();

  async #decrypt(sealed: string): Promise<Secret | undefined> {
    const identity = this.identity();
    if (identity === undefined || sealed.length > LONGEST) return undefined;
    try {
      const { Decrypter, armor } = await import('age-encryption');
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity.reveal().trim());
      const text = await decrypter.decrypt(armor.decode(sealed), 'text');
      // `echo` and editors put one there, as in a file of its own.
      return new Secret(text.replace(/\r?\n$/, ''));
    } catch (thrown) {
      this.log.debug('provisioning.not-decrypted', { why: describeError(thrown) });
      return undefined;
    }
  }
}

/** Every `{ age: … }` of a text. */
function sealedTextsOf(text: string): readonly string[] {
  const layer = parseLayer(text, '');
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) visit(item);
    else if (typeof node === 'object' && node !== null) {
      for (const [name, item] of Object.entries(node)) {
        if (name === 'age' && typeof item === 'string') found.add(item);
        else visit(item);
      }
    }
  };
  if ('value' in layer) visit(layer.value);
  return [...found];
}
