// Tries keypads and readers with somebody who presses keys and holds a card. Keys are shown on the terminal as they are keyed,
// of a card its last digits; what is found says how many came and never which: it may be kept.

import { Journal } from '../../api/journal.ts';
import type { Clock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { SystemRandom } from '../../base/random.ts';
import { seconds } from '../../base/units.ts';
import { type Configuration, maskedCard } from '../../config/index.ts';
import type { SerialSystem } from '../../hardware/drivers/index.ts';
import type { Board, Keypad, Reader } from '../../hardware/ports/index.ts';
import { Faults } from '../faults.ts';
import { openMatrixKeypads } from '../matrix-keypads.ts';
import { openSerialDevices } from '../serial-devices.ts';
import { bad, type Finding, good, untried } from './finding.ts';
import type { MachineFiles } from './machine-check.ts';
import type { Examiner } from './trial.ts';

export interface CredentialTrialParts {
  readonly clock: Clock;
  readonly examiner: Examiner;
  readonly files: MachineFiles;
  readonly board: Board;
  /** Left out: this machine's. */
  readonly system?: SerialSystem;
}

/** What is tried. */
interface Subject {
  /** `keypad entrance (/dev/ttyUSB0)`. */
  readonly title: string;
  /** Left out: its keys are at lines of the board. */
  readonly device?: string;
  /** What to look after when nothing comes, and when what comes makes no sense. */
  readonly silent: string;
  readonly garbled: string;
}

const WITHIN = seconds(20);
/** Whoever has pressed a key and presses none for so long is done. */
const DONE_AFTER = seconds(4);

/** Every keypad and every reader, one after another; each is open for its own trial alone. */
export async function* tryCredentials(
  { keypads, readers }: Pick<Configuration, 'keypads' | 'readers'>,
  parts: CredentialTrialParts,
): AsyncGenerator<Finding> {
  for (const [name, keypad] of Object.entries(keypads)) yield await tryKeypad(name, keypad, parts);
  for (const [name, reader] of Object.entries(readers)) yield await tryReader(name, reader, parts);
}

async function tryKeypad(
  name: string,
  configured: Configuration['keypads'][string],
  parts: CredentialTrialParts,
): Promise<Finding> {
  const { examiner } = parts;
  const subject = keypadSubject(name, configured);
  const hindrance = hindranceOf(subject, 'press keys', parts);
  if (hindrance !== undefined) return hindrance;
  examiner.say(`${subject.title}: press each of its keys once, # at the end (${WITHIN / 1000} s)`);
  const keys: string[] = [];
  const trouble = await hear(subject, parts, (services) => {
    const keypads = { [name]: configured };
    const serial = openSerialDevices({ keypads, readers: {} }, services);
    const [keypad] = [...serial.keypads, ...openMatrixKeypads({ keypads }, { ...services, board: parts.board })];
    return keypad === undefined ? undefined : { device: keypad, listen: (came) => listenToKeys(keypad, came) };
  });
  function listenToKeys(keypad: Keypad, came: (isLast: boolean) => void): () => void {
    return keypad.onKey(({ key }) => {
      // What makes no sense is told as a key that takes back what was typed.
      if (key === 'clear') return;
      keys.push(key);
      examiner.say(`  ${key}`);
      came(key === '#');
    });
  }
  if (trouble !== undefined) return trouble;
  if (keys.length === 0) return bad(subject.title, 'nothing has come', subject.silent);
  return good(
    subject.title,
    `${keys.length} ${keys.length === 1 ? 'key' : 'keys'} came, ${new Set(keys).size} different`,
  );
}

async function tryReader(
  name: string,
  configured: Configuration['readers'][string],
  parts: CredentialTrialParts,
): Promise<Finding> {
  const { examiner } = parts;
  const { device, protocol, baud } = configured;
  const subject = { title: `reader ${name} (${device})`, device, ...mendsOf(`readers.${name}`, protocol, baud) };
  const hindrance = hindranceOf(subject, 'hold a card before it', parts);
  if (hindrance !== undefined) return hindrance;
  examiner.say(`${subject.title}: hold a card before it (${WITHIN / 1000} s)`);
  let bits = 0;
  const trouble = await hear(subject, parts, (services) => {
    const [reader] = openSerialDevices({ keypads: {}, readers: { [name]: configured } }, services).readers;
    return reader === undefined ? undefined : { device: reader, listen: (came) => listenToCards(reader, came) };
  });
  function listenToCards(reader: Reader, came: (isLast: boolean) => void): () => void {
    return reader.onCard(({ card }) => {
      bits = card.bits;
      examiner.say(`  ${maskedCard(card)}`);
      came(true);
    });
  }
  if (trouble !== undefined) return trouble;
  if (bits === 0) return bad(subject.title, 'nothing has come', subject.silent);
  return good(subject.title, `a card was read, ${bits} bits of its number`);
}

function keypadSubject(name: string, { device, protocol, baud }: Configuration['keypads'][string]): Subject {
  const key = `keypads.${name}`;
  if (device !== undefined) return { title: `keypad ${name} (${device})`, device, ...mendsOf(key, protocol, baud) };
  const silent = `check the wires of its rows and columns against ${key}.matrix`;
  return { title: `keypad ${name} (rows and columns)`, silent, garbled: silent };
}

function mendsOf(key: string, protocol: string, baud: number): Pick<Subject, 'silent' | 'garbled'> {
  return {
    silent: 'check its supply and its wires: what it sends (TX) goes to where the board listens (RX)',
    garbled: `it speaks at another rate or in another way than ${key} has it: baud ${baud}, protocol ${protocol}`,
  };
}

/** What can be said without anybody's doing anything. */
function hindranceOf({ title, device }: Subject, request: string, parts: CredentialTrialParts): Finding | undefined {
  const { files, examiner } = parts;
  if (device !== undefined && !files.has(device)) {
    return bad(title, `${device} is not there`, 'plug the device in, enable the port, or correct its path');
  }
  if (device !== undefined && !files.mayUse(device)) {
    return bad(title, `${files.user} may not use ${device}`, `add ${files.user} to the group dialout`);
  }
  return examiner.ask === undefined ? untried(title, `would ask to ${request}`) : undefined;
}

type Listen = (came: (isLast: boolean) => void) => () => void;

interface Services {
  readonly clock: Clock;
  readonly random: SystemRandom;
  readonly log: typeof silentLog;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly system?: SerialSystem;
}

/** Opened for the trial. */
interface OpenDevice {
  readonly device: { close(): void };
  readonly listen: Listen;
}

/** Opens a device and waits for what comes. @returns what is wrong with it, as soon as that is told; undefined: nothing */
async function hear(
  { title, device, silent, garbled }: Subject,
  { clock, system }: CredentialTrialParts,
  open: (services: Services) => OpenDevice | undefined,
): Promise<Finding | undefined> {
  const journal = new Journal(clock, silentLog);
  const faults = new Faults(journal, silentLog);
  const services = { clock, random: new SystemRandom(), log: silentLog, journal, faults };
  const opened = open({ ...services, ...(system === undefined ? {} : { system }) });
  if (opened === undefined) return bad(title, faults.list.join('; '), silent);
  const ends: (() => void)[] = [() => opened.device.close()];
  try {
    return await new Promise((done) => {
      let timer = clock.after(WITHIN, 'a trial of a device', () => done(undefined));
      ends.push(() => timer.cancel());
      ends.push(
        opened.listen((isLast) => {
          timer.cancel();
          if (isLast) done(undefined);
          else timer = clock.after(DONE_AFTER, 'a trial of a device', () => done(undefined));
        }),
      );
      ends.push(
        journal.subscribe((event) => {
          if (event.type === 'device.lost' && event.device === device) done(bad(title, event.why, event.mend));
          if (event.type === 'device.garbled' && event.device === device) {
            done(bad(title, `what comes makes no sense: ${event.why}`, garbled));
          }
        }),
      );
    });
  } finally {
    for (const end of ends) end();
  }
}
