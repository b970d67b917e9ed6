// From a checked file to the Configuration: secrets in place, paths absolute, the derived defaults filled in.

import * as v from 'valibot';
import type { Secret } from '../base/secret.ts';
import { boardOf } from './relay-limit.ts';
import type { CheckedFile } from './schema.ts';
import { provisioning } from './schema-provisioning.ts';
import { absolutePath } from './secrets.ts';
import type {
  AcceptRule,
  AccountConfiguration,
  AudioConfiguration,
  Configuration,
  DoorConfiguration,
  KeypadConfiguration,
  MqttConfiguration,
  ProvisioningConfiguration,
  TlsConfiguration,
} from './types.ts';
import type { SecretReference } from './values.ts';

/** A name as it may stand in a topic or host name: small letters, digits and hyphens; `doorphone` when none are left. */
export function slug(name: string): string {
  const ascii = name.replace(/ß/g, 'ss').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const hyphenated = ascii.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return hyphenated === '' ? 'doorphone' : hyphenated;
}

interface Context {
  readonly secrets: ReadonlyMap<SecretReference, Secret>;
  /** Absolute. */
  readonly folder: string;
  /** What the files of `sip.tls` hold; undefined where none are named. */
  readonly certificates: TlsConfiguration | undefined;
  /** The same of `provisioning.tls`. */
  readonly provisioningCertificates: TlsConfiguration | undefined;
}

/** To be called for a file without faults. @throws Error when a secret was not read: a fault of the program */
export function resolveConfiguration(checked: CheckedFile, context: Context): Configuration {
  const { tls: _, accept, ...sip } = checked.sip;
  const { certificates } = context;
  return {
    name: checked.name,
    board: boardOf(checked.board, context.folder),
    addons: checked.addons.map((addon) => boardOf(addon, context.folder)),
    lines: checked.lines,
    accounts: checked.accounts.map((account) => resolveAccount(account, context)),
    sip: {
      ...sip,
      ...(certificates === undefined ? {} : { tls: certificates }),
      ...(accept === undefined ? {} : { accept: accept.map((rule) => resolveAccept(rule, context)) }),
    },
    media: checked.media,
    audio: resolveAudio(checked.audio, context),
    calls: checked.calls,
    buttons: checked.buttons,
    doors: Object.fromEntries(Object.entries(checked.doors).map(([name, door]) => [name, resolveDoor(door, context)])),
    lamps: checked.lamps,
    keypads: Object.fromEntries(
      Object.entries(checked.keypads).map(([name, keypad]) => [name, resolveKeypad(keypad, context)]),
    ),
    readers: checked.readers,
    modules: checked.modules,
    ...(checked.tamper === undefined ? {} : { tamper: checked.tamper }),
    ...(checked.motion === undefined ? {} : { motion: checked.motion }),
    ...(checked.mqtt === undefined ? {} : { mqtt: resolveMqtt(checked.mqtt, checked.name, context) }),
    ...(checked.provisioning === undefined ? {} : { provisioning: resolveProvisioning(checked.provisioning, context) }),
    ...(checked.watchdog === undefined ? {} : { watchdog: checked.watchdog }),
    log: checked.log,
  };
}

/** `{ [key]: secret }`, or nothing where there is none. */
function resolveSecret<Key extends string>(
  key: Key,
  reference: SecretReference | undefined,
  { secrets }: Context,
): { [K in Key]?: Secret } {
  if (reference === undefined) return {};
  const secret = secrets.get(reference);
  if (secret === undefined) throw new Error(`the secret "${key}" was not read`);
  const resolved: { [K in Key]?: Secret } = {};
  resolved[key] = secret;
  return resolved;
}

/** What a board without a file goes by: it looks for its server everywhere. */
export function defaultProvisioning(): ProvisioningConfiguration {
  const checked = v.parse(provisioning, { server: 'auto' });
  return resolveProvisioning(checked, {
    secrets: new Map(),
    folder: '',
    certificates: undefined,
    provisioningCertificates: undefined,
  });
}

function resolveProvisioning(
  { password, tls, ...rest }: NonNullable<CheckedFile['provisioning']>,
  context: Context,
): ProvisioningConfiguration {
  return {
    ...rest,
    ...resolveSecret('password', password, context),
    ...(tls === undefined ? {} : { tls: { ...context.provisioningCertificates, pin: tls.pin ?? [] } }),
  };
}

function resolveAccount(account: CheckedFile['accounts'][number], context: Context): AccountConfiguration {
  const { password, credentials, ...rest } = account;
  return {
    ...rest,
    ...resolveSecret('password', password, context),
    ...(credentials === undefined ? {} : { credentials: credentials.map((own) => resolveCredentials(own, context)) }),
  };
}

function resolveAccept(rule: NonNullable<CheckedFile['sip']['accept']>[number], context: Context): AcceptRule {
  return rule.kind === 'credentials' ? resolveCredentials(rule, context) : rule;
}

/** Credentials with a password that is always there. */
function resolveCredentials<T extends { readonly password: SecretReference }>(
  { password, ...rest }: T,
  { secrets }: Context,
): Omit<T, 'password'> & { readonly password: Secret } {
  const secret = secrets.get(password);
  if (secret === undefined) throw new Error('a password was not read');
  return { ...rest, password: secret };
}

function resolveDoor(door: CheckedFile['doors'][string], context: Context): DoorConfiguration {
  const { code, cards, ...rest } = door;
  return {
    ...rest,
    ...resolveSecret('code', code, context),
    ...(cards === undefined ? {} : { cards: cards.map((card) => resolveListed(card, context)) }),
  };
}

function resolveListed(reference: SecretReference, { secrets }: Context): Secret {
  const secret = secrets.get(reference);
  if (secret === undefined) throw new Error('a secret of a list was not read');
  return secret;
}

function resolveKeypad(keypad: CheckedFile['keypads'][string], context: Context): KeypadConfiguration {
  const { code, ...rest } = keypad;
  return { ...rest, ...resolveSecret('code', code, context) };
}

function resolveMqtt(mqtt: NonNullable<CheckedFile['mqtt']>, name: string, context: Context): MqttConfiguration {
  const { password, prefix, ...rest } = mqtt;
  return { ...rest, prefix: prefix ?? `doorphone/${slug(name)}`, ...resolveSecret('password', password, context) };
}

function resolveAudio(audio: CheckedFile['audio'], { folder }: Context): AudioConfiguration {
  const { device, input, output, announcements, ...rest } = audio;
  const { ringback, busy, failure, opened } = announcements;
  const sound = (source: string): string => (/^(tone|off)$/.test(source) ? source : absolutePath(source, folder));
  const place = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : absolutePath(path, folder);
  return {
    ...rest,
    announcements: {
      ringback: sound(ringback),
      busy: sound(busy),
      failure: sound(failure),
      opened: sound(opened),
    },
    device: device.kind === 'file' ? { kind: 'file', input: place(input), output: place(output) } : device,
  };
}
