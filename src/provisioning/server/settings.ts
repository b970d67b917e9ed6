// `server.yaml` in the folder of profiles: what the server itself goes by.

import * as v from 'valibot';
import { err, ok, type Result } from '../../base/result.ts';
import {
  type Complaint,
  complaint,
  decodeComplaint,
  formatFault,
  type ParseOptions,
  parseAddressPort,
  parseLayer,
  parseListenAddress,
  readText,
} from '../../config/index.ts';
import type { CallerAlgorithm, DnsServer, Protocol } from '../../sip/index.ts';
import type { Users } from './device-passwords.ts';
import { readUsers, usersSchema } from './users.ts';

/** Where the server listens. */
export interface ListenPlace<Name extends string> {
  readonly protocol: Name;
  readonly address: string;
  readonly port: number;
}

/** As the owner wrote it, defaults filled in. */
export interface ServerSettings {
  readonly sip: readonly ListenPlace<Protocol>[];
  readonly files: ListenPlace<'http' | 'https'>;
  /** What URLs of profiles begin with; undefined: the address by which the device reaches this machine. */
  readonly url: string | undefined;
  /** PEM files, relative to the folder. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly approve: 'manual' | 'automatic';
  readonly pnp: boolean;
  readonly plainNames: boolean;
  /** New subscriptions a second that are taken, files a second that are given out, devices a second that are told. */
  readonly rate: number;
  /** Undefined: this server serves its devices itself. */
  readonly publish: PublishSettings | undefined;
  /** What users' passwords are for; hashes are made with it. */
  readonly realm: string;
  /** By what they are asked, the first preferred. */
  readonly digest: readonly CallerAlgorithm[];
  /** None: no device is asked for a password. */
  readonly users: Users;
  /** What is well formed but unwise. */
  readonly warnings: readonly string[];
}

/** Whom changes are published to, and where the files go. */
export interface PublishSettings {
  /** The domain of the devices' URIs, and by which way its presence servers are found. */
  readonly server: string;
  readonly username: string;
  readonly password: string | { readonly file: string };
  /** A folder, relative to that of the profiles. */
  readonly files: string;
  /** What addresses of files begin with. */
  readonly url: string;
  /** Undefined: the system's. */
  readonly resolvers: readonly DnsServer[] | undefined;
}

/** Where secrets are read from that are not in the file itself. */
export interface SecretPlaces extends Omit<ParseOptions, 'file'> {
  /** Absolute; relative paths begin there. */
  readonly folder: string;
}

export const SETTINGS_FILE = 'server.yaml';

/** `https:0.0.0.0:8443` */
function parseFilesPlace(written: string): Result<ListenPlace<'http' | 'https'>, Complaint> {
  const [, protocol, rest = ''] = /^(https?):(.*)$/.exec(written) ?? [];
  if (protocol !== 'http' && protocol !== 'https') {
    return err(complaint('does not begin with a protocol', 'write https:0.0.0.0:8443 (or http:…)'));
  }
  const place = parseAddressPort(rest, { lowestPort: 0, example: `${protocol}:0.0.0.0:8443` });
  return place.ok ? ok({ protocol, ...place.value }) : place;
}

function parseSipPlace(written: string): Result<ListenPlace<Protocol>, Complaint> {
  const place = parseListenAddress(written);
  if (!place.ok) return place;
  const { transport: protocol, address, port } = place.value;
  return ok({ protocol, address, port });
}

function parseResolver(written: string): Result<DnsServer, Complaint> {
  return parseAddressPort(written, { lowestPort: 1, example: '192.0.2.53:53' });
}

const text = v.pipe(v.string('is no text; put it in quotes'), v.minLength(1, 'is empty; give it a value'));
const flag = v.boolean('is neither true nor false; write one of them');

const REALM = 'is no realm; write one line of ASCII without quotes';
const RATE = 'is no number of requests a second; write one like 500';

const FILES = /^https?:\/\/[^?#]+$/;

const publishSchema = v.strictObject({
  server: v.pipe(text, v.regex(/^sips?:[^@\s]+$/, 'is no address like sip:boot.example.com')),
  username: text,
  password: v.union([text, v.strictObject({ file: text })], 'is neither a text nor a file; write { file: PATH }'),
  files: text,
  resolvers: v.optional(v.array(readText(parseResolver), 'is no list; write one like [ 192.0.2.53:53 ]')),
  url: v.pipe(text, v.regex(FILES, 'is no address like https://boot.example.com')),
});

const schema = v.strictObject({
  sip: v.optional(v.array(readText(parseSipPlace), 'is no list; write one like [ udp:0.0.0.0:5060 ]'), [
    'udp:0.0.0.0:5060',
  ]),
  files: v.optional(readText(parseFilesPlace), 'https:0.0.0.0:8443'),
  url: v.optional(v.pipe(text, v.regex(/^https?:\/\/[^/?#]+\/?$/, 'is no address like https://boot.example.com'))),
  certificate: v.optional(text),
  key: v.optional(text),
  approve: v.optional(
    v.picklist(['manual', 'automatic'], 'is neither manual nor automatic; write one of them'),
    'manual',
  ),
  pnp: v.optional(flag, false),
  plainNames: v.optional(flag, false),
  publish: v.optional(publishSchema),
  realm: v.optional(v.pipe(text, v.regex(/^[ -~]+$/, REALM), v.regex(/^[^"\\]+$/, REALM)), 'doorphone'),
  digest: v.optional(
    v.pipe(
      v.array(v.picklist(['SHA-256', 'MD5'], 'is neither SHA-256 nor MD5; write one of them')),
      v.minLength(1, 'is empty; write [ SHA-256 ]'),
    ),
    ['SHA-256'],
  ),
  users: v.optional(usersSchema, {}),
  rate: v.optional(v.pipe(v.number(RATE), v.integer(RATE), v.minValue(1, RATE), v.maxValue(100_000, RATE)), 500),
});

const NOWHERE: SecretPlaces = {
  folder: '/',
  environment: {},
  readFile: () => {
    throw Object.assign(new Error('there are no files'), { code: 'ENOENT' });
  },
};

/** @returns the settings, or every line that says what is wrong */
export function readSettings(content: string, places: SecretPlaces = NOWHERE): ServerSettings | readonly string[] {
  const layer = parseLayer(content, SETTINGS_FILE);
  if (!('value' in layer)) return layer.map(formatFault);
  const parsed = v.safeParse(schema, layer.value ?? {});
  if (!parsed.success) {
    return parsed.issues.map((issue) => {
      const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
      const [what = '', mend = 'see docs/provisioning.md'] = (
        issue.type === 'strict_object' ? keyFault(issue) : issue.message
      ).split('; ');
      const found = decodeComplaint(issue.message) ?? complaint(what, mend);
      return formatFault({ file: SETTINGS_FILE, ...layer.place(path), key: path.join('.'), ...found });
    });
  }
  const { sip, files, url, certificate, key, approve, pnp, plainNames, rate, publish, realm, digest } = parsed.output;
  const { folder, ...rest } = places;
  const { users, faults, warnings } = readUsers(parsed.output.users, folder, {
    digest,
    options: { ...rest, file: SETTINGS_FILE },
  });
  const lineOf = ({ path, found }: (typeof faults)[number]): string => {
    const whole = ['users', ...path];
    return formatFault({ file: SETTINGS_FILE, ...layer.place(whole), key: whole.join('.'), ...found });
  };
  if (faults.length > 0) return faults.map(lineOf);
  const settings = {
    sip,
    files,
    url: url?.replace(/\/$/, ''),
    certificate,
    key,
    approve,
    pnp,
    plainNames,
    rate,
    publish:
      publish === undefined ? undefined : { resolvers: undefined, ...publish, url: publish.url.replace(/\/$/, '') },
    realm,
    digest,
    users,
    warnings: [...warnings, ...unasked({ sip, publish, users })].map(lineOf),
  };
  const needs = settings.files.protocol === 'https' || settings.sip.some(({ protocol }) => protocol === 'tls');
  // What publishes serves nobody itself.
  if (needs && publish === undefined && certificate === undefined) {
    const mend = 'name a PEM file, or write files: http:… where the network is trusted';
    return [formatFault({ file: SETTINGS_FILE, line: 1, column: 1, key: 'certificate', what: 'is missing', mend })];
  }
  return settings;
}

function keyFault({ expected }: { readonly expected: string | null }): string {
  return expected === 'never' ? 'is not a known key; take it out' : 'is missing; write it';
}

/** Users whom nobody will ever ask, or hear. */
function unasked({
  sip,
  publish,
  users,
}: {
  readonly sip: ServerSettings['sip'];
  readonly publish: unknown;
  readonly users: Users;
}): readonly { readonly path: readonly string[]; readonly found: Complaint }[] {
  if (users.size === 0) return [];
  const warn = (what: string, mend: string) => [{ path: [], found: complaint(what, mend) }];
  if (publish !== undefined) {
    return warn(
      'count for devices that come to this server itself',
      'give the presence servers and the file store theirs',
    );
  }
  if (sip.some(({ protocol }) => protocol === 'tls')) return [];
  return warn('show no password here: boards do over TLS alone (RFC 6080 §5.2.1)', 'add tls:0.0.0.0:5061 to sip');
}
