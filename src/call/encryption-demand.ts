// Encryption that is optional to us is offered as an option (RTP/AVP with keys, RFC 8643 §3.1). A phone that insists on it
// takes that for a plain offer, and refuses it: then it is offered as a demand (RTP/SAVP), and at once with the next call.
// A phone that has become a plain one refuses that in turn, and is offered the option again. Once a call: an offer that both
// forms of are refused is refused for something else.

import type { Clock } from '../base/clock.ts';
import { type Millis, millis, minutes } from '../base/units.ts';
import type { SessionEnd } from '../sip/index.ts';
import type { CallSettings } from './types.ts';

/** Long enough for a day with few visitors; who has other phones by then loses one exchange of messages. */
const REMEMBERED = minutes(12 * 60);
/** More than a door has buttons; the one that was noted first gives way. */
const MAXIMUM_TARGETS = 64;

/** Whom keys are demanded of, since they have refused the option. */
export class InsistentTargets {
  readonly #until = new Map<string, Millis>();

  constructor(private readonly clock: Clock) {}

  has(target: string): boolean {
    const until = this.#until.get(target);
    return until !== undefined && this.clock.now() < until;
  }

  note(target: string): void {
    this.#until.delete(target);
    const [oldest] = this.#until.keys();
    if (this.#until.size >= MAXIMUM_TARGETS && oldest !== undefined) this.#until.delete(oldest);
    this.#until.set(target, millis(this.clock.now() + REMEMBERED));
  }

  forget(target: string): void {
    this.#until.delete(target);
  }
}

/** In which form one call offers encryption. */
export class EncryptionDemand {
  #demanded: boolean;
  #changed = false;
  readonly #hasChoice: boolean;

  constructor(
    private readonly targets: InsistentTargets,
    { srtp }: Pick<CallSettings, 'srtp'>,
    private readonly target: string,
  ) {
    this.#hasChoice = srtp === 'optional';
    this.#demanded = this.#hasChoice && targets.has(target);
  }

  /** Whether what is optional to us is offered as a demand. */
  get demanded(): boolean {
    return this.#demanded;
  }

  /** The call has ended before its answer. @returns whether it is to be offered in the other form */
  refused(end: SessionEnd): boolean {
    if (!this.#hasChoice || this.#changed || !isForTheOffer(end)) return false;
    this.#changed = true;
    this.#demanded = !this.#demanded;
    return true;
  }

  /** The form was the right one. */
  answered(): void {
    if (this.#demanded) this.targets.note(this.target);
    else if (this.#changed) this.targets.forget(this.target);
  }
}

/** RFC 3261 §21.4.26, §21.6.4: these are for the description. */
const REFUSALS = new Set([488, 606]);
/** §21.4.13 is for the body: for the description where the warning says so (§20.43). */
const UNSUPPORTED_MEDIA_TYPE = 415;
/** §20.43: media, or an attribute, or another part of the description that is not understood. */
const ABOUT_MEDIA = new Set([304, 306, 307]);
/** §20.43: networks, addresses, transports, bandwidth, codecs: nothing that another profile would mend. */
const ABOUT_OTHERS = new Set([300, 301, 302, 303, 305, 330, 331, 370]);

function isForTheOffer({ reason, status, warnings = [] }: SessionEnd): boolean {
  if (reason !== 'rejected' || status === undefined) return false;
  if (status === UNSUPPORTED_MEDIA_TYPE) return warnings.some((code) => ABOUT_MEDIA.has(code));
  return REFUSALS.has(status) && !warnings.some((code) => ABOUT_OTHERS.has(code));
}
