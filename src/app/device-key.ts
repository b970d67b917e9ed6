// The key that secrets for this board are encrypted to, in its state folder. It is made when somebody asks for it first;
// like the board's name it must not be in an image that many start from.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../base/secret.ts';
import { storeFileAt } from './store-file.ts';

const FILE = 'device.key';
const KEY = /^AGE-SECRET-KEY-1[A-Z0-9]{58}$/;

/** Undefined where none was made, or none can be read. */
export function readDeviceKey(folder: string): Secret | undefined {
  try {
    const text = readFileSync(join(folder, FILE), 'utf8').trim();
    return KEY.test(text) ? new Secret(text) : undefined;
  } catch {
    return undefined;
  }
}

/** What others encrypt to: `age1…`. Makes the key where there is none. Rejects where it cannot be kept. */
export async function deviceRecipient(folder: string): Promise<string> {
  const { deviceKey, makeDeviceKey } = await import('../provisioning/client/sealed/index.ts');
  const kept = readDeviceKey(folder);
  if (kept !== undefined) return (await deviceKey(kept)).recipient;
  const { identity, recipient } = await makeDeviceKey();
  storeFileAt(join(folder, FILE)).replace(`${identity.reveal()}\n`);
  return recipient;
}
