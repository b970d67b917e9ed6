// Encryption that is optional to us is offered as an option (RTP/AVP with keys, RFC 8643 §3.1). A phone that insists on it
// takes that for a plain offer, and refuses it: then it is offered as a demand (RTP/SAVP), by one way to keys after the
// other, and at once in the form that it took with the next call. A phone that has become a plain one refuses that in turn,
// and is offered the option again. Encryption that is required is offered by one way to keys after the other as well. Each
// form once a call: where all of them are refused, it is for something else.

import type { Clock } from '../base/clock.ts';
import { type Millis, millis, minutes } from '../base/units.ts';
import type { KeyingMethod } from '../sdp/index.ts';
import type { SessionEnd } from '../sip/index.ts';
import type { CallSettings } from './types.ts';

/** Long enough for a day with few visitors; who has other phones by then loses one exchange of messages. */
const REMEMBERED = minutes(12 * 60);
/** More than a door has buttons; the one that was noted first gives way. */
const MAXIMUM_TARGETS = 64;

/** Whom keys are demanded of in another form than the first, since they have refused that. */
export class InsistentTargets {
  readonly #demands = new Map<string, { readonly by: KeyingMethod; readonly until: Millis }>();

  constructor(private readonly clock: Clock) {}

  /** The way to keys that is demanded of it; undefined: it is offered what everybody is. */
  demandOf(target: string): KeyingMethod | undefined {
    const demand = this.#demands.get(target);
    return demand !== undefined && this.clock.now() < demand.until ? demand.by : undefined;
  }

  note(target: string, by: KeyingMethod): void {
    this.#demands.delete(target);
    const [oldest] = this.#demands.keys();
    if (this.#demands.size >= MAXIMUM_TARGETS && oldest !== undefined) this.#demands.delete(oldest);
    this.#demands.set(target, { by, until: millis(this.clock.now() + REMEMBERED) });
  }

  forget(target: string): void {
    this.#demands.delete(target);
  }
}

/** In which form one call offers encryption. */
export class EncryptionDemand {
  /** See `demanded`. */
  #form: KeyingMethod | undefined;
  /** The forms that have not been offered yet, in order. */
  readonly #others: (KeyingMethod | undefined)[];
  #changed = false;

  constructor(
    private readonly targets: InsistentTargets,
    settings: Pick<CallSettings, 'srtp' | 'keying'>,
    private readonly target: string,
  ) {
    const forms = formsOf(settings);
    const known = targets.demandOf(target);
    this.#form = forms.includes(known) ? known : undefined;
    this.#others = forms.filter((form) => form !== this.#form);
  }

  /** The way to keys that is demanded, whatever the settings offer first; undefined: what they do. */
  get demanded(): KeyingMethod | undefined {
    return this.#form;
  }

  /** The call has ended before its answer. @returns whether it is to be offered in another form */
  refused(end: SessionEnd): boolean {
    if (this.#others.length === 0 || !isForTheOffer(end)) return false;
    this.#changed = true;
    this.#form = this.#others.shift();
    return true;
  }

  /** The form was the right one. */
  answered(): void {
    if (this.#form !== undefined) this.targets.note(this.target, this.#form);
    else if (this.#changed) this.targets.forget(this.target);
  }
}

/** All forms; undefined is that of the settings: the option, or the first way to keys as a demand. */
function formsOf({ srtp, keying }: Pick<CallSettings, 'srtp' | 'keying'>): readonly (KeyingMethod | undefined)[] {
  if (srtp === 'off') return [undefined];
  return [undefined, ...(srtp === 'required' ? keying.slice(1) : keying)];
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
