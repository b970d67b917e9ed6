// Where a device's profile is asked for, and published, at a server that has a port or a transport of its own.

import { formatUri, parseUri, type SipUri } from '../../sip/index.ts';
import { deviceProfileUri } from './profile-event.ts';

/** The device's own URI at the server's port, by the server's transport. @param urn `urn:uuid:…` */
export function deviceUriAt(server: SipUri, urn: string): string {
  const plain = parseUri(deviceProfileUri(urn, 'host.invalid'));
  return formatUri({ ...server, user: plain.ok ? plain.value.user : undefined, headers: new Map() });
}
