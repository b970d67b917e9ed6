// Who a device is, by what its requests say: the hardware address in its URI or its User-Agent, else its UUID.

import { macOfUrn, macOfUser, urnOfUser } from '../event/index.ts';

/** @param user user part of the URI that is subscribed to @param userAgent value of User-Agent @returns undefined: nobody */
export function deviceId(user: string, userAgent: string): string | undefined {
  const named = macOfUser(user);
  if (named !== undefined) return named;
  const urn = urnOfUser(user);
  if (urn === undefined) return undefined;
  const mac = macOfUrn(urn);
  if (mac !== undefined) return mac;
  // Makers put the address last, behind their name and version.
  const stated = /(?:^|[\s(])([0-9a-f]{12})\)?$/i.exec(userAgent.trim())?.[1]?.toLowerCase();
  return stated ?? urn.slice('urn:uuid:'.length);
}

/** Whether a text can name a device: what the folder's files and the approvals go by. */
export function isDeviceId(text: string): boolean {
  return /^[0-9a-f]{12}$/.test(text) || urnOfUser(`urn:uuid:${text}`) !== undefined;
}
