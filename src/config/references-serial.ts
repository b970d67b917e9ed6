// What no single key of `keypads` and `readers` can tell: doors that there are, codes and cards that can be shown there, a
// device for each.

import type { Secret } from '../base/secret.ts';
import { readCardNumber } from './card-number.ts';
import { checkCode } from './codes.ts';
import { complaint } from './complaint.ts';
import { formatPath, type Path } from './document.ts';
import { checkName, type ReferenceReports, tables } from './named-tables.ts';
import { checkModules } from './references-modules.ts';
import { isTable, type Report } from './structure.ts';
import { SecretReference } from './values.ts';

type File = Readonly<Record<string, unknown>>;
type Secrets = ReadonlyMap<SecretReference, Secret>;

/** @param value what the schema yielded, faulty or not */
export function checkSerial(value: File, secrets: Secrets, reports: ReferenceReports): void {
  const doors = tables(value, 'doors');
  for (const section of ['keypads', 'readers']) {
    for (const [name, entry] of tables(value, section)) {
      for (const [at, door] of (Array.isArray(entry.doors) ? entry.doors : []).entries()) {
        checkName([section, name, 'doors', at], door, 'door', doors, reports.fault);
      }
    }
  }
  checkDevices(value, reports.fault);
  checkModules(value, reports.fault);
  checkKeypads(value, secrets, reports);
  checkMatrices(value, reports.fault);
  checkRings(value, secrets, reports.fault);
  checkCards(value, secrets, reports.fault);
}

/** One device cannot be two things. */
function checkDevices(value: File, fault: Report): void {
  const users = new Map<unknown, Path>();
  for (const [name, { device }] of tables(value, 'modules')) users.set(device, ['modules', name, 'device']);
  for (const section of ['keypads', 'readers']) {
    for (const [name, { device }] of tables(value, section)) {
      const path = [section, name, 'device'];
      const other = users.get(device);
      if (device === undefined) continue;
      if (other === undefined) users.set(device, path);
      else fault(path, complaint(`is the device of ${formatPath(other)} too`, 'give each its own'), 'value');
    }
  }
}

function checkKeypads(value: File, secrets: Secrets, reports: ReferenceReports): void {
  const doors = tables(value, 'doors');
  for (const [name, { code, doors: named, keys, protocol, rings }] of tables(value, 'keypads')) {
    const own = code instanceof SecretReference ? secrets.get(code)?.reveal() : undefined;
    if (own !== undefined) checkCode(['keypads', name, 'code'], own, reports);
    const reached = doors.filter(([door]) => !Array.isArray(named) || named.includes(door));
    if (code === undefined && rings === undefined && !reached.some(([, door]) => door.code !== undefined)) {
      const mend = 'give the keypad a code, or one of its doors';
      reports.warning(['keypads', name], complaint('opens nothing: there is no code to type', mend), 'key');
    }
    if (keys !== undefined && protocol !== 'scancodes') {
      const mend = 'write protocol: scancodes, or take keys out';
      reports.warning(['keypads', name, 'keys'], complaint('is not used by this protocol', mend), 'key');
    }
    for (const code of Object.keys(keys ?? {})) {
      if (readScanCode(code) !== undefined) continue;
      const mend = 'write a byte as 0x1b or 27';
      reports.fault(['keypads', name, 'keys', code], complaint('is not a scan code', mend), 'key');
    }
  }
}

/** A byte in decimal or hexadecimal; undefined: it is none. */
export function readScanCode(text: string): number | undefined {
  const value = /^(?:0x[0-9a-f]{1,2}|[0-9]{1,3})$/i.test(text) ? Number(text) : 256;
  return value < 256 ? value : undefined;
}

/** A key is for one button, and begins no code: it would ring instead. */
function checkRings(value: File, secrets: Secrets, fault: Report): void {
  const doors = tables(value, 'doors');
  for (const [name, { rings, code, doors: named }] of tables(value, 'keypads')) {
    const reached = doors.filter(([door]) => !Array.isArray(named) || named.includes(door));
    const codes = code === undefined ? reached.map(([, door]) => door.code) : [code];
    const firsts = codes.map((one) => (one instanceof SecretReference ? secrets.get(one)?.reveal()[0] : undefined));
    const keys = new Set<unknown>();
    for (const [at, ring] of (Array.isArray(rings) ? rings.filter(isTable) : []).entries()) {
      const path = ['keypads', name, 'rings', at];
      checkName([...path, 'button'], ring.button, 'button', tables(value, 'buttons'), fault);
      if (keys.has(ring.key)) fault([...path, 'key'], complaint('rings already', 'take one of the two out'), 'value');
      keys.add(ring.key);
      if (ring.key === undefined || !firsts.includes(String(ring.key))) continue;
      const mend = 'choose another key, or another code';
      fault([...path, 'key'], complaint('is the first of a code, which could not be typed', mend), 'value');
    }
  }
}

/** A keypad is at a device, or at lines; its keys are as many as its rows and columns make. */
function checkMatrices(value: File, fault: Report): void {
  for (const [name, { device, matrix }] of tables(value, 'keypads')) {
    const path = ['keypads', name];
    if (device === undefined && matrix === undefined) {
      fault(path, complaint('has neither device nor matrix', 'add device: serial:/dev/ttyUSB0, or matrix'), 'key');
    }
    if (!isTable(matrix)) continue;
    if (device !== undefined) {
      fault([...path, 'device'], complaint('stands beside matrix', 'take one of the two out'), 'key');
    }
    const { rows, columns, keys } = matrix;
    if (!Array.isArray(rows) || !Array.isArray(columns) || !Array.isArray(keys)) continue;
    const fits = keys.length === rows.length && keys.every((row) => String(row).length === columns.length);
    if (fits) continue;
    const what = `are not ${rows.length} texts of ${columns.length} characters, as there are rows and columns`;
    fault(
      [...path, 'matrix', 'keys'],
      complaint(what, 'write keys: [ "123", "456", "789", "*0#" ] for 4 by 3'),
      'value',
    );
  }
}

function checkCards(value: File, secrets: Secrets, fault: Report): void {
  for (const [door, { cards }] of tables(value, 'doors')) {
    for (const [at, reference] of (Array.isArray(cards) ? cards : []).entries()) {
      const card = reference instanceof SecretReference ? secrets.get(reference) : undefined;
      if (card === undefined || readCardNumber(card) !== undefined) continue;
      const mend = 'write it as printed, "188,24910" or "0012345678", or as "0x0B00BC614E"';
      fault(['doors', door, 'cards', at], complaint('is not the number of a card', mend), 'value');
    }
  }
}
