// Takes profiles as a transaction: checked, written down, put into force, proved, or taken back. The table is in
// keeper-machine.ts; the disk is in profile-store.ts. Until a new one has proved itself the last good one is kept.

import type { Journal } from '../../api/journal.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';
import { type Configuration, formatFault, type LayeredOutcome, type LayerText } from '../../config/index.ts';
import type { ProfileReport } from '../event/index.ts';
import { type KeeperAction, type KeeperEvent, type KeeperState, keeperMachine } from './keeper-machine.ts';
import {
  fingerprintOf,
  type PastVerdict,
  type ProfileMemory,
  type ProfileStore,
  type StoredProfile,
} from './profile-store.ts';
import type { ProfileText, Verdict } from './types.ts';

export interface ProfileKeeperParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly store: ProfileStore;
  /** The board's own file with a profile over it, or (undefined) alone. */
  readonly check: (profile: LayerText | undefined) => LayeredOutcome;
  /** Asked with every text before it is checked: what in it is encrypted takes time. */
  readonly prepare?: (texts: readonly string[]) => Promise<void>;
  /** Puts a configuration into force, now or when nobody talks; false: it could not be, and the old one is back. */
  readonly putIntoForce: (configuration: Configuration) => Promise<boolean>;
  /** Whether all that it takes works: accounts registered, or with none of them the server's answer. */
  readonly works: () => boolean;
  /** How long a profile may take that does not say it itself. */
  readonly proveWithin: () => Millis;
  /** Nothing waits or proves itself any more. */
  readonly settled?: () => void;
}

/** A profile that fails this often is not tried again until it changes. */
const MOST_TRIES = 3;
/** A service that ends before its profile could prove itself starts with it once more. */
const MOST_STARTS = 2;
/** After a failure, times how often it has failed: a board that goes to and fro is worse than one with an old profile. */
const TRY_AGAIN = minutes(10);
const LOOK = seconds(1);
/** An end is said so long before. */
const NEAR_END = minutes(7 * 24 * 60);
const LOOK_AT_END = minutes(60);
const MOST_FAULTS = 20;
const TIME_IS_OVER = 'its time is over (profile.notAfter)';

interface Candidate {
  readonly profile: StoredProfile;
  readonly configuration: Configuration;
  readonly conditions: LayeredOutcome['conditions'];
  readonly proveWithin: Millis;
}

/** The keeper of a device's profile. */
export class ProfileKeeper {
  #state: KeeperState = 'settled';
  /** Whether the last good one still makes sense. */
  #isGoodOfUse = true;
  #candidate: Candidate | undefined;
  /** Undefined until the service is at work. */
  #inForce: Configuration | undefined;
  #look: Timer | undefined;
  #deadline: Timer | undefined;
  /** What became of the last one, for the server. */
  #last: { readonly verdict: PastVerdict; readonly serial?: number; readonly reason?: string } | undefined;
  /** The last that was taken back in this life of the service. */
  #rolledBack: { readonly fingerprint: string; readonly at: Millis } | undefined;
  #stopped = false;
  #end: Timer | undefined;
  /** Of whose end it was said that it is near. */
  #saidNear: string | undefined;

  constructor(private readonly parts: ProfileKeeperParts) {}

  get state(): KeeperState {
    return this.#state;
  }

  /** What is to be layered: the profile that is in force or about to be, where it is of use. */
  get layer(): StoredProfile | undefined {
    return this.#candidate?.profile ?? (this.#isGoodOfUse ? this.parts.store.memory.good : undefined);
  }

  /** The profile to start with, as it was written down. */
  get remembered(): StoredProfile | undefined {
    return this.parts.store.current;
  }

  /** What waits or proves itself is part of a configuration that was made of more than one profile. */
  adopt(configuration: Configuration): void {
    if (this.#candidate !== undefined) this.#candidate = { ...this.#candidate, configuration };
  }

  /** Of the profiles that are in force, or may be again. */
  get texts(): readonly string[] {
    const { good, proving } = this.parts.store.memory;
    return [good, proving].flatMap((profile) => (profile === undefined ? [] : [profile.text]));
  }

  /** The configuration to start with. A profile that no longer makes sense, or was never proved, gives way. */
  begin(): LayeredOutcome {
    const { store, check, log } = this.parts;
    const { proving } = store.memory;
    if (proving !== undefined) {
      const outcome = this.#checked(proving);
      if (isFileAtFault(proving, outcome)) return outcome;
      const why = this.#faultsAtStart(proving, outcome);
      if (outcome.configuration !== undefined && why.length === 0) {
        this.#candidate = candidateOf(proving, outcome.configuration, outcome, this.parts);
        this.#state = 'waiting';
        return outcome;
      }
      this.#past(proving, 'rolled-back', why);
      this.parts.journal.record('provisioning.rolled-back', {
        where: proving.where,
        why: why[0] ?? '',
        ...serialOf(proving),
      });
    }
    const { good } = store.memory;
    if (good !== undefined) {
      const outcome = this.#checked(good);
      const isOver = this.#isOver(outcome);
      this.#isGoodOfUse = outcome.configuration !== undefined && !isOver;
      if (this.#isGoodOfUse || isFileAtFault(good, outcome)) {
        this.#watchEnd(good, outcome);
        return outcome;
      }
      const faults = isOver ? [TIME_IS_OVER] : outcome.faults.map(formatFault);
      log.warn('provisioning.not-used', { where: good.where, faults: faults.slice(0, MOST_FAULTS) });
      this.parts.journal.record('provisioning.rejected', { where: good.where, faults, ...serialOf(good) });
    }
    return check(undefined);
  }

  /** The board's own file has changed: a good profile that made no sense over it may do so now. */
  reconsider(): void {
    const { good } = this.parts.store.memory;
    if (good === undefined || this.#isGoodOfUse) return;
    const outcome = this.#checked(good);
    this.#isGoodOfUse = outcome.configuration !== undefined && !this.#isOver(outcome);
  }

  /** A profile has come. Never rejects. */
  async take(profile: ProfileText): Promise<Verdict> {
    const { store, clock } = this.parts;
    const fingerprint = fingerprintOf(profile.text);
    if (this.#candidate?.profile.fingerprint === fingerprint) return { kind: 'waiting' };
    if (store.current?.fingerprint === fingerprint) return { kind: 'unchanged' };
    const failed = store.timesBad(fingerprint);
    if (failed >= MOST_TRIES) return { kind: 'rejected', faults: ['it has failed three times'] };
    if (this.#rolledBack?.fingerprint === fingerprint && clock.now() - this.#rolledBack.at < failed * TRY_AGAIN) {
      return { kind: 'rejected', faults: ['it has failed a moment ago'] };
    }
    const { where, server, signed, text } = profile;
    const stored: StoredProfile = { text, where, server, signed, fingerprint, received: clock.wall().toISOString() };
    const { prepare } = this.parts;
    if (prepare !== undefined) await prepare([...this.texts, text]);
    const outcome = this.#checked(stored);
    const numbered = { ...stored, ...serialOf(outcome.conditions) };
    const faults = [...outcome.faults.map(formatFault), ...this.#conditionFaults(outcome)];
    if (outcome.configuration === undefined || faults.length > 0) {
      // What is wrong with the board's own file is not held against a profile.
      return this.#reject(numbered, faults, isFileAtFault(stored, outcome) ? store.memory.bad : undefined);
    }
    this.#sayWarnings(stored, outcome);
    const written = this.#write(() => store.change({ proving: { ...numbered, starts: 0 } }));
    if (written !== undefined) {
      // The disk's fault, and not the profile's: it is tried again however often that was.
      return this.#reject(numbered, [`it could not be written down: ${written}`], store.memory.bad);
    }
    this.#candidate = candidateOf(numbered, outcome.configuration, outcome, this.parts);
    this.#handle('taken');
    const done = await this.parts.putIntoForce(outcome.configuration);
    if (!done) {
      this.notInForce(outcome.configuration);
      return { kind: 'rejected', faults: ['it could not be put into force'] };
    }
    return { kind: this.#state === 'waiting' ? 'waiting' : 'applied' };
  }

  /** A configuration is in force now, at the start or later. */
  inForce(configuration: Configuration): void {
    this.#inForce = configuration;
    if (this.#candidate?.configuration === configuration) this.#handle('in force');
  }

  /** A configuration could not be put into force, and what was before is back. */
  notInForce(configuration: Configuration): void {
    if (this.#candidate?.configuration === configuration) this.#handle('not in force');
  }

  /** Back to a board that was never provisioned, also where a profile waits or proves itself. @throws Error as the disk does */
  forget(): void {
    this.parts.store.forget();
    this.#candidate = undefined;
    this.#last = undefined;
    this.#rolledBack = undefined;
    this.#end?.cancel();
    this.#handle('forgotten');
  }

  /** How it stands, for the server. */
  report(): ProfileReport {
    const { store } = this.parts;
    const inForce = serialOf(store.memory.good ?? {});
    if (this.#state !== 'settled') return { ...inForce, verdict: this.#state };
    if (this.#last === undefined || this.#last.verdict === 'applied') {
      return { ...inForce, verdict: store.memory.good === undefined ? 'none' : 'applied' };
    }
    const { verdict, serial: refused, reason } = this.#last;
    return {
      ...inForce,
      verdict,
      ...(refused === undefined ? {} : { refused }),
      ...(reason === undefined ? {} : { reason }),
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#end?.cancel();
    this.#stopProof();
  }

  /** Why one that never proved itself is not started with; none: its start is counted. What cannot be counted is not tried. */
  #faultsAtStart(proving: StoredProfile & { readonly starts: number }, outcome: LayeredOutcome): readonly string[] {
    if (outcome.configuration === undefined) return outcome.faults.map(formatFault);
    if (proving.starts >= MOST_STARTS) return ['the service ended before it had proved itself'];
    const counted = { ...proving, starts: proving.starts + 1 };
    const unwritten = this.#write(() => this.parts.store.change({ proving: counted }));
    return unwritten === undefined ? [] : [`its start could not be written down: ${unwritten}`];
  }

  #checked(profile: StoredProfile): LayeredOutcome {
    return this.parts.check({ text: profile.text, file: profile.where });
  }

  #isOver({ conditions: { notAfter } }: LayeredOutcome): boolean {
    return notAfter !== undefined && notAfter.getTime() <= this.parts.clock.wall().getTime();
  }

  #conditionFaults(outcome: LayeredOutcome): readonly string[] {
    const { conditions, configuration } = outcome;
    const { serial } = conditions;
    const highest = this.parts.store.memory.serial;
    const isBack = highest !== undefined && (serial === undefined || serial < highest);
    // A door without an account has nothing to prove itself by: it would be good at once, and ring nobody.
    const isMute = configuration?.accounts.length === 0 && (this.#inForce?.accounts.length ?? 0) > 0;
    return [
      ...(isMute ? ['it takes the last account away; name one, with register: false where there is no registrar'] : []),
      ...(isBack ? [`its serial number ${serial ?? '(none)'} is below ${highest}, which was in force; count on`] : []),
      ...(this.#isOver(outcome) ? [TIME_IS_OVER] : []),
    ];
  }

  /** What of it does not count, and why. */
  #sayWarnings({ where }: StoredProfile, { warnings }: LayeredOutcome): void {
    const own = warnings.filter(({ file }) => file === where).map(formatFault);
    if (own.length > 0)
      this.parts.journal.record('provisioning.warned', { where, warnings: own.slice(0, MOST_FAULTS) });
  }

  /**
   * The day after which it no longer counts: said a week before, and when it has come. The door goes on with it until the
   * next start: one that is mute at midnight helps nobody.
   */
  #watchEnd(profile: StoredProfile, { conditions: { notAfter } }: Pick<LayeredOutcome, 'conditions'>): void {
    this.#end?.cancel();
    if (notAfter === undefined) return;
    const { clock, journal } = this.parts;
    const left = notAfter.getTime() - clock.wall().getTime();
    const fields = { where: profile.where, notAfter: notAfter.toISOString(), ...serialOf(profile) };
    if (left <= 0) {
      journal.record('provisioning.expired', fields);
      return;
    }
    const isNear = left <= NEAR_END;
    if (isNear && this.#saidNear !== profile.fingerprint) journal.record('provisioning.expires', fields);
    if (isNear) this.#saidNear = profile.fingerprint;
    // The time of day may be set meanwhile: it is looked at again and again.
    const wait = millis(Math.min(left, isNear ? left : left - NEAR_END, LOOK_AT_END));
    this.#end = clock.after(wait, 'end of a profile', () => this.#watchEnd(profile, { conditions: { notAfter } }));
  }

  #reject(profile: StoredProfile, faults: readonly string[], bad?: ProfileMemory['bad']): Verdict {
    const { store, journal } = this.parts;
    const said = faults.slice(0, MOST_FAULTS);
    const isNews = store.memory.past[0]?.fingerprint !== profile.fingerprint;
    this.#past(profile, 'rejected', said, bad);
    if (isNews) journal.record('provisioning.rejected', { where: profile.where, faults: said, ...serialOf(profile) });
    return { kind: 'rejected', faults: said };
  }

  #handle(event: KeeperEvent): void {
    const row = keeperMachine[this.#state][event];
    if (row === undefined) return;
    const before = this.#state;
    this.#state = row.to;
    for (const action of row.actions) this.#perform(action, event);
    if (before !== 'settled' && row.to === 'settled' && !this.#stopped) this.parts.settled?.();
  }

  #perform(action: KeeperAction, event: KeeperEvent): void {
    switch (action) {
      case 'put into force':
        // `take` waits for it.
        return;
      case 'start proof':
        this.#startProof();
        return;
      case 'stop proof':
        this.#stopProof();
        return;
      case 'keep':
        this.#keep();
        return;
      case 'roll back':
        this.#rollBack(event);
        return;
    }
  }

  #startProof(): void {
    const { clock } = this.parts;
    const within = this.#candidate?.proveWithin ?? this.parts.proveWithin();
    this.#deadline = clock.after(within, 'proof of a profile', () => this.#handle('not proved'));
    this.#lookLater();
  }

  #lookLater(): void {
    this.#look = this.parts.clock.after(LOOK, 'proof of a profile', () => {
      if (this.parts.works()) this.#handle('proved');
      else this.#lookLater();
    });
  }

  #stopProof(): void {
    this.#look?.cancel();
    this.#deadline?.cancel();
  }

  #keep(): void {
    const { store, journal } = this.parts;
    const candidate = this.#candidate;
    this.#candidate = undefined;
    if (candidate === undefined) return;
    const proved = candidate.profile;
    const { server, where } = proved;
    this.#watchEnd(proved, candidate);
    this.#isGoodOfUse = true;
    const past = store.pastWith({ ...pastOf(proved), verdict: 'applied', faults: [] });
    const numbered = serialOf(proved);
    this.#last = { verdict: 'applied', ...numbered };
    this.#write(() => store.note({ good: proved, past, server, bad: [], ...numbered }, ['proving']));
    journal.record('provisioning.applied', { where, ...numbered });
  }

  /** The last good profile, or the board's own file alone, is in force again. */
  #rollBack(event: KeeperEvent): void {
    const { clock, journal, log } = this.parts;
    const failed = this.#candidate;
    this.#candidate = undefined;
    if (failed === undefined || this.#stopped) return;
    const within = failed.proveWithin / 1000;
    const why = event === 'not in force' ? 'it could not be put into force' : `it did not work within ${within} s`;
    this.#past(failed.profile, 'rolled-back', [why]);
    this.#rolledBack = { fingerprint: failed.profile.fingerprint, at: clock.now() };
    journal.record('provisioning.rolled-back', { where: failed.profile.where, why, ...serialOf(failed.profile) });
    const { configuration, faults } = this.begin();
    if (configuration !== undefined) void this.parts.putIntoForce(configuration);
    else log.error('provisioning.nothing-left', { faults: faults.map(formatFault).slice(0, MOST_FAULTS) });
  }

  /** It came and is not in force: written down, so that it is not tried for ever. */
  #past(
    profile: StoredProfile,
    verdict: 'rejected' | 'rolled-back',
    faults: readonly string[],
    bad = this.parts.store.badWith(profile.fingerprint),
  ): void {
    const { store } = this.parts;
    const past = store.pastWith({ ...pastOf(profile), verdict, faults });
    const [reason] = faults;
    this.#last = { verdict, ...serialOf(profile), ...(reason === undefined ? {} : { reason }) };
    const isProving = store.memory.proving?.fingerprint === profile.fingerprint;
    this.#write(() => store.note({ past, bad }, isProving ? ['proving'] : []));
  }

  /** A full disk takes no profile and stops nothing. @returns what went wrong */
  #write(write: () => void): string | undefined {
    try {
      write();
      return undefined;
    } catch (thrown) {
      const reason = describeError(thrown);
      this.parts.log.error('provisioning.not-written', { reason });
      return reason;
    }
  }
}

/** Nothing of what is wrong stands in the profile. */
function isFileAtFault({ where }: StoredProfile, { faults }: LayeredOutcome): boolean {
  return faults.length > 0 && faults.every(({ file }) => file !== where);
}

const serialOf = ({ serial }: { readonly serial?: number }): { serial?: number } =>
  serial === undefined ? {} : { serial };

function pastOf(profile: StoredProfile) {
  const { where, fingerprint, received } = profile;
  return { where, fingerprint, received, ...serialOf(profile) };
}

function candidateOf(
  profile: StoredProfile,
  configuration: Configuration,
  { conditions }: LayeredOutcome,
  { proveWithin }: ProfileKeeperParts,
): Candidate {
  return { profile, configuration, conditions, proveWithin: conditions.proveWithin ?? proveWithin() };
}
