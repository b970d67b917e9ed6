// `profile.firmware`: the version that a profile wants on the board.

import { type Millis, minutes } from '../base/units.ts';
import { NO_PROOF_TIME, readProofTime } from './proof.ts';
import { isTable } from './structure.ts';

/** A package, and what proves that it is the right one. */
export interface FirmwareOffer {
  readonly version: string;
  /** With the macros of profiles' addresses, and `{arch}`. */
  readonly url: string;
  /** Of the package: lower-case hexadecimal. */
  readonly sha256: string;
  /** Ed25519 by a key of `provisioning.trust`, in base64. */
  readonly signature: string;
  /** How long the new version may take to show that it works. */
  readonly proveWithin: Millis;
}

const KEYS = ['version', 'url', 'sha256', 'signature', 'proveWithin'];
const PROVE_WITHIN = minutes(5);

/** @param complain by the name of a key; undefined: all of it @returns undefined where it is no offer */
export function readFirmware(
  stated: unknown,
  complain: (key: string | undefined, what: string, mend: string) => void,
): FirmwareOffer | undefined {
  if (!isTable(stated)) {
    complain(undefined, 'is no table of keys', `write ${KEYS.slice(0, 4).join(', ')}`);
    return undefined;
  }
  let isWhole = true;
  const fault = (key: string | undefined, what: string, mend: string): void => {
    isWhole = false;
    complain(key, what, mend);
  };
  for (const name of Object.keys(stated)) {
    if (!KEYS.includes(name)) fault(name, 'is not a known key', `known here: ${KEYS.join(', ')}`);
  }
  const text = (key: string, pattern: RegExp, mend: string): string => {
    const value = stated[key];
    if (typeof value === 'string' && pattern.test(value)) return value;
    fault(value === undefined ? undefined : key, value === undefined ? `has no ${key}` : `is no ${key}`, mend);
    return '';
  };
  // What the system's package tools take for a version; it stands in file names and command lines.
  const version = text('version', /^[0-9][0-9A-Za-z.+~-]{0,63}$/, 'write one like "1.3.0", in quotes');
  const url = text('url', /^https?:\/\/\S{1,2000}$/, 'write an https: address');
  const sha256 = text('sha256', /^[0-9a-f]{64}$/i, 'write the 64 digits that sha256sum prints').toLowerCase();
  const signature = text('signature', /^[A-Za-z0-9+/]{86}==$/, 'write 64 bytes in base64');
  const proveWithin = stated.proveWithin === undefined ? PROVE_WITHIN : readProofTime(stated.proveWithin);
  if (proveWithin === undefined) fault('proveWithin', NO_PROOF_TIME, 'write one like 5m');
  return isWhole && proveWithin !== undefined ? { version, url, sha256, signature, proveWithin } : undefined;
}
