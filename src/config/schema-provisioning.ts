// `provisioning`: where a device has its profile from, and what it demands of it.

import * as v from 'valibot';
import { minutes, seconds } from '../base/units.ts';
import { complaint } from './complaint.ts';
import { checkText, dhcpOption, duration, key, lineOfText, path, SECRET_FORMS, secret } from './values.ts';

/** Where the address of a server may come from, in the default order. */
export const SOURCE_KINDS = ['configured', 'remembered', 'dhcp', 'pnp', 'registrar'] as const;

/** What a device may have profiles for, in the order in which it asks (RFC 6080 §5.1.1): the later counts over the earlier. */
export const PROFILE_TYPES = ['local-network', 'device', 'user'] as const;

/** A public key of Ed25519: 32 bytes in base64. */
const publicKey = checkText((text) =>
  /^[A-Za-z0-9+/]{43}=$/.test(text)
    ? undefined
    : complaint('is no public key of Ed25519', 'write its 32 bytes in base64: 44 characters, the last is ='),
);
/** SHA-256 of a public key (SPKI), in base64. */
const pin = checkText((text) =>
  /^[A-Za-z0-9+/]{43}=$/.test(text)
    ? undefined
    : complaint('is no SHA-256 in base64', 'write 44 characters, the last is ='),
);
/** `doors.main`, `mqtt`. */
const dottedKey = checkText((text) =>
  /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(text)
    ? undefined
    : complaint('is not the name of a key', 'write one like doors.main'),
);

const tls = v.strictObject({
  ca: v.exactOptional(
    key(path, {
      title: 'Trusted authorities',
      description: 'PEM file. Left out: the public ones that Node.js brings.',
    }),
  ),
  certificate: v.exactOptional(key(path, { title: 'Own certificate', description: 'PEM file, shown to the server.' })),
  key: v.exactOptional(
    key(path, { title: 'Private key', description: 'PEM file. Left out: in the certificate’s file.' }),
  ),
  pin: v.exactOptional(
    key(v.array(pin), {
      title: 'Pinned keys',
      description: 'SHA-256 of the server’s public key (SPKI) in base64; one of them must be right.',
    }),
  ),
});

export const provisioning = v.strictObject({
  server: key(lineOfText(), {
    title: 'Provisioning server',
    description: '`auto`, `pnp`, `off`, or a `sip:`, `sips:` or `https:` address.',
    examples: ['auto'],
  }),
  order: v.optional(
    key(v.array(v.picklist(SOURCE_KINDS)), {
      title: 'Order',
      description: 'Where the server’s address is looked for, in this order. A server that was right is remembered.',
    }),
    [...SOURCE_KINDS],
  ),
  dhcpOptions: v.optional(
    key(v.array(dhcpOption), {
      title: 'DHCP options',
      description:
        'Which options of the network’s DHCP server may name a profile server, in this order. 120 stands for 21 and 22 of DHCPv6 too.',
    }),
    [66, 43, 120, 141, 160],
  ),
  profiles: v.optional(
    key(v.array(v.picklist(PROFILE_TYPES)), {
      title: 'Profiles',
      description:
        'Which are asked for: that of the `device`; by SIP at the servers of the accounts, that of each `user`; by SIP in ' +
        'the domain of the network, that of the `local-network` (RFC 6080).',
    }),
    ['device'],
  ),
  localDomain: v.exactOptional(
    key(lineOfText(253), {
      title: 'Domain of the network',
      description: 'For the profile of the local network. Left out: as DHCP says.',
      examples: ['example.net'],
    }),
  ),
  http: v.optional(
    key(v.boolean(), { title: 'Plain HTTP', description: 'true: profiles may come in the clear.' }),
    false,
  ),
  username: v.exactOptional(
    key(lineOfText(), { title: 'User', description: 'At the server, by SIP over TLS and by HTTPS.' }),
  ),
  password: v.exactOptional(key(secret, { title: 'Password', description: SECRET_FORMS })),
  tls: v.exactOptional(key(tls, { title: 'TLS', description: 'Certificates for HTTPS.' })),
  trust: v.exactOptional(
    key(v.pipe(v.array(publicKey), v.minLength(1)), {
      title: 'Signers',
      description: 'Ed25519 public keys in base64. Where any is named, a profile must be signed by one of them.',
    }),
  ),
  keep: v.optional(
    key(v.array(dottedKey), {
      title: 'Pinned keys of this file',
      description: 'Keys that no profile may change, as `doors.main`.',
      examples: [['doors']],
    }),
    [],
  ),
  redirects: v.optional(
    key(v.picklist(['same-host', 'private', 'any']), {
      title: 'Redirects',
      description: 'Where HTTP redirects may lead: to the same host, into the private network too, or anywhere.',
    }),
    'same-host',
  ),
  proveWithin: v.optional(
    key(duration(seconds(5), minutes(60)), {
      title: 'Proof',
      description:
        'How long a new profile may take until all accounts are registered; then the last good one comes back.',
    }),
    '60s',
  ),
  pnp: v.optional(
    key(v.picklist(['unprovisioned', 'always']), {
      title: 'Multicast',
      description: 'When a server is asked for by multicast: only while there is no profile, or always.',
    }),
    'unprovisioned',
  ),
});
