// Detached signatures of profiles and packages: Ed25519 (RFC 8032) over the bytes as they came, beside them as `.sig`.

import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** Of a public key in the form that `openssl` and browsers read, what stands before its 32 bytes (RFC 8410 §4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** @param text 32 bytes in base64, or PEM @returns undefined where it is no public key of Ed25519 */
export function readSigner(text: string): KeyObject | undefined {
  try {
    const raw = Buffer.from(text, 'base64');
    const key = text.includes('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
    const isWhole = text.includes('-----BEGIN') || raw.length === KEY_BYTES;
    return isWhole && key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

/** A `.sig` file: 64 bytes, or the same in base64. */
export function readSignature(file: Buffer): Buffer | undefined {
  if (file.length === SIGNATURE_BYTES) return file;
  const text = file.subarray(0, 256).toString('latin1').trim();
  const decoded = /^[A-Za-z0-9+/]{86}(?:==)?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
  return decoded?.length === SIGNATURE_BYTES ? decoded : undefined;
}

/** Whether one of the keys has signed exactly these bytes. */
export function isSigned(data: Buffer, signature: Buffer, signers: readonly KeyObject[]): boolean {
  return signers.some((signer) => verify(null, data, signer, signature));
}
