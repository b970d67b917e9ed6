// The part of the schema that says who the door is: accounts, their servers, their credentials.

import * as v from 'valibot';
import { minutes, seconds } from '../base/units.ts';
import { complaint } from './complaint.ts';
import { duration, key, lineOfText, SECRET_FORMS, secret, share, sipUri } from './values.ts';

const accountUri = sipUri('sip:door@example.com', (uri) =>
  uri.user === undefined ? complaint('has no user', 'write sip:door@example.com') : undefined,
);

/** RFC 3261 §10.2: the Request-URI of REGISTER names the domain; userinfo must not be present. */
const registrarUri = sipUri('sip:pbx.example.com', (uri) =>
  uri.user === undefined ? undefined : complaint('names a user', 'write the server alone: sip:pbx.example.com'),
);

const proxyUri = sipUri('sip:edge.example.com;lr');

const realmCredentials = v.strictObject({
  realm: key(lineOfText(), {
    title: 'Realm',
    description: 'As the server’s challenge names it, letter by letter.',
    examples: ['edge.example.com'],
  }),
  username: key(lineOfText(), { title: 'User name', description: 'In that realm.' }),
  password: key(secret, { title: 'Password', description: `In that realm. ${SECRET_FORMS}` }),
});

/** An entry of `accounts`. */
export const account = v.strictObject({
  uri: key(accountUri, {
    title: 'Address of record',
    description: 'Who the door is: the SIP address that it registers and calls from.',
    examples: ['sip:door@example.com'],
  }),
  username: v.exactOptional(
    key(lineOfText(), {
      title: 'User name',
      description: 'For digest authentication. Left out: the user of `uri`.',
      examples: ['door'],
    }),
  ),
  password: v.exactOptional(
    key(secret, { title: 'Password', description: `For digest authentication. ${SECRET_FORMS}` }),
  ),
  credentials: v.exactOptional(
    key(v.pipe(v.array(realmCredentials), v.maxLength(8)), {
      title: 'Credentials by realm',
      description:
        'For servers that ask for another user or password than the registrar: a proxy in front of it. ' +
        'Other realms get `username` and `password`.',
    }),
  ),
  registrar: v.exactOptional(
    key(registrarUri, {
      title: 'Registrar',
      description: 'Where REGISTER goes. Left out: located from the host of `uri` (RFC 3263).',
      examples: ['sip:pbx.example.com'],
    }),
  ),
  registrars: v.exactOptional(
    key(
      v.pipe(v.array(v.pipe(v.array(registrarUri), v.minLength(1), v.maxLength(8))), v.minLength(1), v.maxLength(8)),
      {
        title: 'Registrars by group',
        description:
          'In place of `registrar`, a list of groups: the first is the best. A worse group serves while no server of a ' +
          'better one can be reached, and is left when one has answered again for half a minute. Within a group the ' +
          'servers are tried in their order.',
        examples: [[['sip:pbx1.example.com', 'sip:pbx2.example.com'], ['sip:backup.example.net']]],
      },
    ),
  ),
  outboundProxy: v.exactOptional(
    key(proxyUri, {
      title: 'Outbound proxy',
      description: 'Every request of this account goes there first. End it with `;lr` (RFC 3261 §16.4).',
      examples: ['sip:edge.example.com;lr'],
    }),
  ),
  outboundProxies: v.exactOptional(
    key(v.pipe(v.array(proxyUri), v.minLength(1), v.maxLength(4)), {
      title: 'Several outbound proxies',
      description:
        'In place of `outboundProxy`, one to four. Where the registrar knows flows (RFC 5626), the account is ' +
        'registered by each of them at once; elsewhere by the first that serves.',
      examples: [['sip:edge1.example.com;lr', 'sip:edge2.example.com;lr']],
    }),
  ),
  preference: v.exactOptional(
    key(share, {
      title: 'Preference',
      description: 'Among several devices of one account, 0 to 1: the `q` of its Contact (RFC 3261 §20.10).',
      examples: [0.8],
    }),
  ),
  gruu: v.exactOptional(
    key(v.boolean(), {
      title: 'Globally routable address',
      description:
        'true: the GRUU that the registrar grants is our Contact in calls (RFC 5627). Only for servers that route it ' +
        'inside of dialogs too. Left out: false.',
    }),
  ),
  expires: v.optional(
    key(duration(seconds(30), minutes(24 * 60)), {
      title: 'Life of the registration',
      description: 'What is asked of the registrar; its answer decides.',
    }),
    '300s',
  ),
  register: v.optional(
    key(v.boolean(), {
      title: 'Register',
      description: 'false: peer to peer, no registrar.',
    }),
    true,
  ),
  subscribe: v.optional(
    key(v.array(v.picklist(['reg', 'message-summary'])), {
      title: 'What is watched at the server',
      description:
        '`reg` (RFC 3680): a registration that the server drops is made anew at once. `message-summary` (RFC 3842): ' +
        'messages that wait for the account are an event.',
    }),
    [],
  ),
});
