// What no single key can tell: lines that the board has and nobody else uses, codes that can be dialled and told apart,
// keys that need one another. Works on partly faulty values too, so that every fault is found at once.

import { nearestName } from '../base/nearest-name.ts';
import type { Secret } from '../base/secret.ts';
import { checkCodes } from './codes.ts';
import { complaint } from './complaint.ts';
import { formatPath, type Path } from './document.ts';
import { checkName, type ReferenceReports, tables } from './named-tables.ts';
import { checkModuleLine, placeIn } from './references-modules.ts';
import { checkSerial } from './references-serial.ts';
import { configurationSchema } from './schema.ts';
import { isTable, type Report, schemaAt, unwrap } from './structure.ts';
import { SecretReference } from './values.ts';

/** @param value what the schema yielded, faulty or not */
export function checkReferences(
  value: unknown,
  secrets: ReadonlyMap<SecretReference, Secret>,
  reports: ReferenceReports,
): void {
  if (!isTable(value)) return;
  checkLines(value, reports.fault);
  checkNames(value, reports.fault);
  checkCodes(value, secrets, reports);
  checkSerial(value, secrets, reports);
  checkLists(value, reports.fault);
  checkAccounts(value, reports);
  checkCallers(value, secrets, reports);
  checkAudio(value, reports.warning);
  checkPlayoutDelay(value, reports.fault);
  checkMqtt(value, reports.fault);
  checkProvisioning(value, reports.fault);
  checkKept(value, reports.fault);
}

const VIRTUAL_INPUTS = ['button', ...numbered('button', 8), 'contact'];
const VIRTUAL_OUTPUTS = ['relay', ...numbered('relay', 4), 'lamp'];

/** `button2` to `button8`. */
function numbered(stem: string, last: number): string[] {
  return Array.from({ length: last - 1 }, (_, at) => `${stem}${at + 2}`);
}

function checkLines(value: Readonly<Record<string, unknown>>, fault: Report): void {
  const users = new Map<string, Path>();
  const uses = [...buttonLines(value), ...doorLines(value), ...otherLines(value), ...matrixLines(value)];
  for (const { path, line, input } of uses) {
    if (typeof line !== 'string') continue;
    const place = placeIn(value, line);
    const wire = place === undefined ? line : `${place.module}:${place.direction}${place.number}`;
    const other = users.get(wire);
    if (other !== undefined) {
      fault(path, complaint(`${line} is used by ${formatPath(other)} already`, 'give each its own line'), 'value');
    } else if (place !== undefined) {
      checkModuleLine(value, { path, line, place, input }, fault);
    } else if (value.board === 'virtual') {
      checkVirtualLine(path, line, input, fault);
    }
    if (other === undefined) users.set(wire, path);
  }
}

/** A line that something is wired to. */
interface LineUse {
  readonly path: Path;
  readonly line: unknown;
  readonly input: boolean;
}

const buttonLines = (value: Readonly<Record<string, unknown>>): readonly LineUse[] =>
  tables(value, 'buttons').flatMap(([name, { line, held }]) => {
    const switched = isTable(held) ? held.switch : undefined;
    return [
      { path: ['buttons', name, 'line'], line, input: true },
      { path: ['buttons', name, 'held', 'switch'], line: switched, input: false },
    ];
  });

function doorLines(value: Readonly<Record<string, unknown>>): readonly LineUse[] {
  return tables(value, 'doors').flatMap(([name, { relay, exit, contact }]) => [
    { path: ['doors', name, 'relay'], line: relay, input: false },
    { path: ['doors', name, 'exit'], line: exit, input: true },
    { path: ['doors', name, 'contact', 'line'], line: isTable(contact) ? contact.line : undefined, input: true },
  ]);
}

function otherLines(value: Readonly<Record<string, unknown>>): readonly LineUse[] {
  const { tamper, motion } = value;
  return [
    ...tables(value, 'lamps').map(([name, { line }]) => ({ path: ['lamps', name, 'line'], line, input: false })),
    { path: ['tamper', 'line'], line: isTable(tamper) ? tamper.line : undefined, input: true },
    { path: ['motion', 'line'], line: isTable(motion) ? motion.line : undefined, input: true },
  ];
}

function matrixLines(value: Readonly<Record<string, unknown>>): readonly LineUse[] {
  return tables(value, 'keypads').flatMap(([name, { matrix }]) =>
    (['rows', 'columns'] as const).flatMap((side) => {
      const lines = isTable(matrix) ? matrix[side] : undefined;
      return (Array.isArray(lines) ? lines : []).map((line, at) => {
        return { path: ['keypads', name, 'matrix', side, at], line, input: side === 'columns' };
      });
    }),
  );
}

/** Doors and buttons that others name. */
function checkNames(value: Readonly<Record<string, unknown>>, fault: Report): void {
  const doors = tables(value, 'doors');
  for (const [name, { interlock }] of doors) {
    for (const [at, other] of (Array.isArray(interlock) ? interlock : []).entries()) {
      const path = ['doors', name, 'interlock', at];
      if (other === name) fault(path, complaint('is the door itself', 'take it out'), 'value');
      else checkName(path, other, 'door', doors, fault);
    }
  }
  for (const [name, { held }] of tables(value, 'buttons')) {
    if (!isTable(held)) continue;
    const path = ['buttons', name, 'held', 'open'];
    checkName(path, held.open, 'door', doors, fault);
    if (held.open === undefined || held.inside === true) continue;
    const what = 'would let in whoever stands before the door and holds the button';
    fault(path, complaint(what, 'write inside: true beside it, if the button is inside; else take it out'), 'value');
  }
  const button = isTable(value.motion) ? value.motion.button : undefined;
  checkName(['motion', 'button'], button, 'button', tables(value, 'buttons'), fault);
}

function checkVirtualLine(path: Path, line: string, input: boolean, fault: Report): void {
  const wanted = input ? VIRTUAL_INPUTS : VIRTUAL_OUTPUTS;
  if (wanted.includes(line) || /^GPIO[0-9]{1,3}$/.test(line)) return;
  const kind = input ? 'input' : 'output';
  const what = [...VIRTUAL_INPUTS, ...VIRTUAL_OUTPUTS].includes(line)
    ? `${line} is not an ${kind}`
    : `the board "virtual" has no line ${JSON.stringify(line)}`;
  const nearest = nearestName(line, wanted);
  const mend = nearest === undefined ? `use ${wanted.join(', ')} or GPIOn` : `the nearest ${kind} is ${nearest}`;
  fault(path, complaint(what, mend), 'value');
}

/** Lists where a second mention is a slip. */
const DISTINCT_LISTS: readonly Path[] = [
  ['media', 'codecs'],
  ['media', 'keying'],
  ['media', 'suites'],
  ['mqtt', 'commands'],
  ['sip', 'listen'],
];

function checkLists(value: Readonly<Record<string, unknown>>, fault: Report): void {
  const lists = [
    ...DISTINCT_LISTS,
    ...tables(value, 'buttons').flatMap(([name]) => [
      ['buttons', name, 'call'],
      ['buttons', name, 'held', 'call'],
    ]),
  ];
  for (const path of lists) {
    const list = path.reduce<unknown>((inside, step) => (isTable(inside) ? inside[step] : undefined), value);
    if (!Array.isArray(list)) continue;
    const texts = list.map((item) => JSON.stringify(item) ?? '');
    for (const [at, text] of texts.entries()) {
      if (texts.indexOf(text) === at) continue;
      fault([...path, at], complaint('stands in the list already', 'take one of the two out'), 'value');
    }
  }
}

function checkAccounts(value: Readonly<Record<string, unknown>>, reports: ReferenceReports): void {
  const accounts = Array.isArray(value.accounts) ? value.accounts.filter(isTable) : [];
  const uris = accounts.map((account) => account.uri);
  for (const [at, account] of accounts.entries()) {
    const uri = account.uri;
    if (typeof uri === 'string' && uris.indexOf(uri) !== at) {
      const found = complaint(`is the address of accounts[${uris.indexOf(uri)}] too`, 'take one of the two out');
      reports.fault(['accounts', at, 'uri'], found, 'value');
    }
    checkServers(account, ['accounts', at], reports);
  }
}

/** Keys of an account that stand for one another: the plural names what the singular names, and more. */
const SINGULARS = [
  ['registrar', 'registrars'],
  ['outboundProxy', 'outboundProxies'],
] as const;

function checkServers(account: Readonly<Record<string, unknown>>, path: Path, reports: ReferenceReports): void {
  for (const [singular, plural] of SINGULARS) {
    if (account[singular] === undefined || account[plural] === undefined) continue;
    reports.fault([...path, singular], complaint(`stands beside ${plural}`, `name all of them in ${plural}`), 'key');
  }
  const groups = Array.isArray(account.registrars) ? account.registrars : [];
  const servers = groups.flatMap((group, at) =>
    (Array.isArray(group) ? group : []).map((uri, inside) => ({ uri, path: [...path, 'registrars', at, inside] })),
  );
  const proxies = (Array.isArray(account.outboundProxies) ? account.outboundProxies : []).map((uri, at) => ({
    uri,
    path: [...path, 'outboundProxies', at],
  }));
  checkDistinct(servers, reports.fault);
  checkDistinct(proxies, reports.fault);
  for (const { uri, path: place } of [{ uri: account.outboundProxy, path: [...path, 'outboundProxy'] }, ...proxies]) {
    if (typeof uri !== 'string' || /;lr\b/i.test(uri)) continue;
    const mend = `write ${withoutUser(uri)};lr`;
    reports.warning(place, complaint('has no ;lr, so that the proxy is taken for a strict router', mend), 'value');
  }
}

function checkDistinct(servers: readonly { readonly uri: unknown; readonly path: Path }[], fault: Report): void {
  const uris = servers.map(({ uri }) => uri);
  for (const [at, { uri, path }] of servers.entries()) {
    if (uris.indexOf(uri) !== at) fault(path, complaint('is named already', 'take one of the two out'), 'value');
  }
}

/** Guessed at from anywhere, a few times an hour. */
const SHORTEST_SAFE_PASSWORD = 8;

/** Who may call in with a password: each user once, and no password that is soon guessed. */
function checkCallers(
  value: Readonly<Record<string, unknown>>,
  secrets: ReadonlyMap<SecretReference, Secret>,
  reports: ReferenceReports,
): void {
  const accept = isTable(value.sip) ? value.sip.accept : undefined;
  const users = new Set<string>();
  for (const [at, rule] of (Array.isArray(accept) ? accept : []).entries()) {
    if (!isTable(rule) || rule.kind !== 'credentials' || typeof rule.username !== 'string') continue;
    if (users.has(rule.username)) {
      const found = complaint('has a password already', 'take one of the two out');
      reports.fault(['sip', 'accept', at, 'username'], found, 'value');
    }
    users.add(rule.username);
    const password = rule.password instanceof SecretReference ? secrets.get(rule.password)?.reveal() : undefined;
    if (password === undefined || password.length >= SHORTEST_SAFE_PASSWORD) continue;
    const found = complaint(
      'is short, and anybody may guess at it',
      `use ${SHORTEST_SAFE_PASSWORD} characters or more`,
    );
    reports.warning(['sip', 'accept', at, 'password'], found, 'value');
  }
}

/** A URI for a message: what stands before @ may hold a password. */
function withoutUser(uri: string): string {
  return uri.replace(/^([a-z]+:).*@/i, '$1…@');
}

function checkAudio(value: Readonly<Record<string, unknown>>, warning: Report): void {
  const audio = value.audio;
  if (!isTable(audio) || !isTable(audio.device) || audio.device.kind === 'file') return;
  for (const key of ['input', 'output']) {
    if (audio[key] === undefined) continue;
    warning(['audio', key], complaint('is not used by this device', 'write device: file, or take the key out'), 'key');
  }
}

function checkPlayoutDelay({ media }: Readonly<Record<string, unknown>>, fault: Report): void {
  const delay = isTable(media) && isTable(media.playoutDelay) ? media.playoutDelay : {};
  const { least, most } = delay;
  if (typeof least !== 'number' || typeof most !== 'number' || least <= most) return;
  fault(['media', 'playoutDelay', 'least'], complaint('is longer than most', 'write less, or a longer most'), 'value');
}

/** MQTT 3.1.1 §3.1.2.9: a password needs a user name. */
function checkMqtt(value: Readonly<Record<string, unknown>>, fault: Report): void {
  const mqtt = value.mqtt;
  if (!isTable(mqtt) || mqtt.password === undefined || mqtt.username !== undefined) return;
  fault(['mqtt', 'password'], complaint('has no user name beside it', 'add username'), 'key');
}

function checkProvisioning(value: Readonly<Record<string, unknown>>, fault: Report): void {
  const provisioning = value.provisioning;
  const { server, http } = isTable(provisioning) ? provisioning : {};
  if (typeof server !== 'string' || /^(?:auto|pnp|off|sips?:\S+|https:\/\/\S+)$/.test(server)) return;
  if (/^http:\/\/\S+$/.test(server)) {
    if (http === true) return;
    fault(
      ['provisioning', 'server'],
      complaint('would have profiles come in the clear', 'write https://…, or http: true where the network is trusted'),
      'value',
    );
    return;
  }
  const mend = 'write auto, pnp, off, sip:… or https://…';
  fault(['provisioning', 'server'], complaint('is not a provisioning server', mend), 'value');
}

/** A key that is misspelt protects nothing. */
function checkKept(value: Readonly<Record<string, unknown>>, fault: Report): void {
  const { keep } = isTable(value.provisioning) ? value.provisioning : {};
  for (const [at, key] of (Array.isArray(keep) ? keep : []).entries()) {
    if (typeof key !== 'string') continue;
    const steps = key.split('.');
    const known = steps.findIndex((_, depth) => schemaAt(configurationSchema, steps.slice(0, depth + 1)) === undefined);
    if (known < 0) continue;
    const above = schemaAt(configurationSchema, steps.slice(0, known));
    const names = Object.keys((above === undefined ? undefined : unwrap(above))?.entries ?? {});
    const nearest = nearestName(steps[known] ?? '', names);
    const likely = [...steps.slice(0, known), nearest].join('.');
    const mend = nearest === undefined ? 'name a key of this file’s kind, as doors.main' : `did you mean ${likely}?`;
    fault(['provisioning', 'keep', at], complaint(`there is no key ${key}`, mend), 'value');
  }
}
