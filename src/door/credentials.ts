// Codes at keypads and cards at readers: what is right opens, what is wrong counts against the keypad or the reader, by
// the same measure as a caller's codes, and locks it for a while.

import type { EventFields } from '../api/events.ts';
import type { Journal } from '../api/journal.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { type Millis, seconds } from '../base/units.ts';
import { type CardNumber, type Configuration, type KeypadConfiguration, readCardNumber } from '../config/index.ts';
import type { CardRead, KeyPress, Keypad, Reader } from '../hardware/ports/index.ts';
import { CardBook } from './card-book.ts';
import { CodeBook } from './code-book.ts';
import { CodeLockout, type CodeStanding } from './code-lockout.ts';
import { CodeReader } from './code-reader.ts';

export interface CredentialsServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly keypads: readonly Keypad[];
  readonly readers: readonly Reader[];
  /** @param by `keypad entrance`, `reader entrance` */
  readonly open: (door: string, by: string) => void;
  /** Somebody presses a key that rings as a button does. */
  readonly ring: (button: string) => void;
}

/** Readers tell of a card again and again while it is held before them: that is one showing. */
const SAME_SHOWING: Millis = seconds(3);

type Doors = Configuration['doors'];

/** Everything at which somebody outside can show that they may come in. */
export class Credentials {
  readonly #lockout: CodeLockout;
  readonly #stops: (() => void)[] = [];
  #scanned: ReadonlySet<string> = new Set();

  constructor(private readonly services: CredentialsServices) {
    this.#lockout = new CodeLockout(services.clock);
  }

  /** Whether a line is one of a keypad's rows and columns. */
  scans(line: string): boolean {
    return this.#scanned.has(line);
  }

  /** Listens to keypads and readers as a configuration says. What stands against them stays. */
  bind({ doors, keypads, readers }: Configuration): void {
    this.stop();
    const matrices = Object.values(keypads).flatMap(({ matrix }) => matrix ?? []);
    this.#scanned = new Set(matrices.flatMap(({ rows, columns }) => [...rows, ...columns]));
    for (const keypad of this.services.keypads) {
      const configuration = keypads[keypad.name];
      if (configuration !== undefined) this.#listenToKeypad(keypad, configuration, codesAt(configuration, doors));
    }
    for (const reader of this.services.readers) {
      const configuration = readers[reader.name];
      if (configuration === undefined) continue;
      this.#listenToReader(reader, new CardBook(cardsAt(configuration, doors), this.services.random));
    }
  }

  /** Listens to nothing any more. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #listenToKeypad(keypad: Keypad, { rings = [] }: KeypadConfiguration, codes: ReadonlyMap<string, CodeEntry>): void {
    const { clock, random } = this.services;
    const book = new CodeBook(new Map([...codes].map(([key, { code }]) => [key, code])), random);
    const by = `keypad ${keypad.name}`;
    const reader = new CodeReader({
      clock,
      lockout: this.#lockout,
      codes: () => book,
      caller: { name: by, source: undefined },
      isExact: true,
      opens: (keys) => {
        const doors = keys.flatMap((key) => codes.get(key)?.doors ?? []);
        this.#accept({ keypad: keypad.name }, by, doors);
      },
      refused: (standing) => this.#refuse({ keypad: keypad.name }, standing),
    });
    const stop = keypad.onKey(({ key, at }: KeyPress) => {
      const bell = reader.isCollecting ? undefined : rings.find((ring) => ring.key === key);
      if (bell !== undefined) this.services.ring(bell.button);
      else if (key === 'clear') reader.clear();
      else reader.take(key, at);
    });
    this.#stops.push(() => {
      stop();
      reader.clear();
    });
  }

  #listenToReader(reader: Reader, cards: CardBook): void {
    const by = `reader ${reader.name}`;
    const caller = { name: by, source: undefined };
    let shown: { readonly tag: Buffer; at: Millis } | undefined;
    const stop = reader.onCard(({ card, at }: CardRead) => {
      const tag = cards.tag(card);
      const isSame = shown?.tag.equals(tag) === true && at - shown.at < SAME_SHOWING;
      shown = { tag, at };
      if (isSame) return;
      const standing = this.#lockout.standing(caller);
      const doors = cards.match(card);
      if (standing.lockedFor !== undefined) this.#refuse({ reader: reader.name }, standing);
      else if (doors.length === 0) this.#refuse({ reader: reader.name }, this.#lockout.wrong(caller));
      else {
        this.#lockout.right(caller, doors.length === cards.doors);
        this.#accept({ reader: reader.name }, by, doors);
      }
    });
    this.#stops.push(stop);
  }

  #accept(where: Place, by: string, doors: readonly string[]): void {
    this.services.journal.record('credential.accepted', { ...where, doors });
    for (const door of doors) this.services.open(door, by);
  }

  #refuse(where: Place, { attempts, lockedFor }: CodeStanding): void {
    const locked = lockedFor === undefined ? {} : { lockedForMs: Math.ceil(lockedFor) };
    this.services.journal.record('credential.refused', { ...where, attempts, ...locked });
  }
}

type Place = Pick<EventFields['credential.refused'], 'keypad' | 'reader'>;

interface CodeEntry {
  readonly code: NonNullable<Doors[string]['code']>;
  readonly doors: readonly string[];
}

/** The codes that hold at a keypad: its own for all of its doors, or each door's. */
function codesAt(
  { code, doors: named }: Configuration['keypads'][string],
  doors: Doors,
): ReadonlyMap<string, CodeEntry> {
  const reached = named ?? Object.keys(doors);
  if (code !== undefined) return new Map([['keypad', { code, doors: reached }]]);
  return new Map(
    reached.flatMap((name): [string, CodeEntry][] => {
      const own = doors[name]?.code;
      return own === undefined ? [] : [[name, { code: own, doors: [name] }]];
    }),
  );
}

/** The cards that hold at a reader. One that cannot be read is none: the configuration has been checked. */
function cardsAt(
  { doors: named }: Configuration['readers'][string],
  doors: Doors,
): ReadonlyMap<string, readonly CardNumber[]> {
  return new Map(
    (named ?? Object.keys(doors)).map((name) => [
      name,
      (doors[name]?.cards ?? []).flatMap((card) => readCardNumber(card) ?? []),
    ]),
  );
}
