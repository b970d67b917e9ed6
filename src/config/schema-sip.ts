// `sip`: signalling.

import * as v from 'valibot';
import { minutes, seconds } from '../base/units.ts';
import { acceptRule, durationOrOff, key, listenAddress, path, resolverAddress } from './values.ts';

export const sip = v.strictObject({
  listen: v.optional(
    key(v.pipe(v.array(listenAddress), v.minLength(1)), {
      title: 'Listen addresses',
      description: 'Where SIP comes in, as `udp:ADDRESS:PORT`, `tcp:…` or `tls:…`. Port 0: the system chooses.',
      requiresRestart: true,
    }),
    ['udp:0.0.0.0:5060', 'tcp:0.0.0.0:5060'],
  ),
  tls: v.exactOptional(
    key(
      v.strictObject({
        ca: v.exactOptional(
          key(path, {
            title: 'Trusted authorities',
            description:
              'PEM file: who must have signed the certificate of a server; the server’s own certificate will do. Left ' +
              'out: the public authorities that Node.js brings.',
          }),
        ),
        certificate: v.exactOptional(
          key(path, {
            title: 'Own certificate',
            description: 'PEM file, with the chain below it: to listen with, and for servers that ask for one.',
          }),
        ),
        key: v.exactOptional(
          key(path, { title: 'Private key', description: 'PEM file. Left out: in the certificate’s file.' }),
        ),
      }),
      {
        title: 'TLS',
        description:
          'Certificates for SIP over TLS (1.2 and newer). A server must prove to be the host of its SIP address ' +
          '(RFC 5922). `reload` reads the files again.',
      },
    ),
  ),
  resolvers: v.exactOptional(
    key(v.array(resolverAddress), {
      title: 'DNS servers',
      description: 'As `ADDRESS:PORT`. Left out: the system’s.',
      examples: [['192.0.2.53:53']],
    }),
  ),
  accept: v.exactOptional(
    key(v.pipe(v.array(acceptRule), v.maxLength(64)), {
      title: 'Who may call in',
      description:
        '`registrar` (the servers of the accounts), networks, names of hosts, and `{ username: …, password: … }`: ' +
        'who shows that password (digest) may call from anywhere. ' +
        'Left out: the registrars and the hosts that buttons call.',
      examples: [['registrar', '192.0.2.0/24', 'phone.example.com']],
    }),
  ),
  digest: v.optional(
    key(v.pipe(v.array(v.picklist(['SHA-256', 'MD5'])), v.minLength(1), v.maxLength(2)), {
      title: 'Digests',
      description:
        'By what callers are asked for the passwords of `accept`, the first preferred (RFC 8760). `[ MD5 ]` for phones ' +
        'that give up on what they do not know, as some do that should pass over it.',
    }),
    ['SHA-256', 'MD5'],
  ),
  answer: v.optional(
    key(v.picklist(['automatic', 'on-request', 'manual', 'never']), {
      title: 'Calls into the door',
      description:
        'Answered by itself; by itself where the caller asks for that (Answer-Mode, intercom) and is vouched for by a ' +
        'server of the accounts or a password; by `doorphone answer`; or never.',
    }),
    'automatic',
  ),
  transfer: v.optional(
    key(v.picklist(['known', 'any', 'off']), {
      title: 'Transfers',
      description:
        'To whom a phone may hand the visitor over. `known`: whom the door has called, to everybody at the servers and ' +
        'hosts that this file names; who calls in, to whom a button calls. `any`: one step wider. `off`: nobody, and no ' +
        'call is picked up by another phone.',
    }),
    'known',
  ),
  watchers: v.optional(
    key(v.picklist(['calls', 'state', 'off']), {
      title: 'Watchers',
      description:
        'What phones that may call in are told when they watch the door (RFC 4235): its calls, so that they can pick ' +
        'them up; only whether there is one; nothing.',
    }),
    'calls',
  ),
  publish: v.optional(
    key(v.picklist(['off', 'presence']), {
      title: 'Publication',
      description: '`presence`: the servers of the accounts are told whether the door is in a call (RFC 3903).',
      requiresRestart: true,
    }),
    'off',
  ),
  clickToDial: v.optional(
    key(v.boolean(), {
      title: 'Click to dial',
      description: 'true: who may call in may have the door call a number at a known place (REFER without a call).',
    }),
    false,
  ),
  sessionExpires: v.optional(
    key(durationOrOff(seconds(90), minutes(24 * 60)), {
      title: 'Session timer',
      description:
        'RFC 4028: how long a call lives without being refreshed, where we may say. off: we ask for no timer; one that the other side asks for is kept either way.',
    }),
    'off',
  ),
  outbound: v.optional(
    key(v.picklist(['auto', 'off']), {
      title: 'Flows',
      description:
        'auto: where the registrar knows flows (RFC 5626), it reaches the door by the connection that the door keeps to it, ' +
        'by each of its proxies; elsewhere all is as if it were off.',
      requiresRestart: true,
    }),
    'auto',
  ),
  dtmf: v.optional(
    key(v.picklist(['rtp', 'info']), {
      title: 'Sent digits',
      description: 'As RTP events (RFC 4733) or as INFO. Every way is received.',
    }),
    'rtp',
  ),
});
