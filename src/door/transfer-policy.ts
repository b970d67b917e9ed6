// To whom a visitor may be handed over, and what they may do then. Who hands over is in a call with the door, and yet
// need not be a resident: a caller from outside, let in by the registrar, could have the door ring a number that costs.

import type { Configuration } from '../config/index.ts';
import { parseUri } from '../sip/index.ts';

export interface TransferRules {
  /** `sip.transfer`. */
  readonly mode: Configuration['sip']['transfer'];
  /** Every URI that a button calls. */
  readonly targets: readonly string[];
  /** Whether a target is at a place that the configuration names; see AdmissionPolicy.mayOpen. */
  readonly isKnownPlace: (target: string) => boolean;
}

/** Decides about transfers. */
export class TransferPolicy {
  readonly #named: ReadonlySet<string>;

  constructor(private readonly rules: TransferRules) {
    this.#named = new Set(rules.targets.flatMap((target) => identityOf(target) ?? []));
  }

  /**
   * Whether the peer of a call may hand it over to `target`. Whom the door has called may name everybody at a place that
   * the configuration names; who calls in may name whom a button calls. `any` is a step wider for both.
   */
  mayTransfer(direction: 'outgoing' | 'incoming', target: string): boolean {
    const { mode, isKnownPlace } = this.rules;
    switch (mode) {
      case 'off':
        return false;
      case 'known':
        return direction === 'outgoing' ? isKnownPlace(target) : this.isCalled(target);
      case 'any':
        return direction === 'outgoing' || isKnownPlace(target);
    }
  }

  /** Whether a call that comes in may take the place of one that is up (RFC 3891). */
  get mayReplace(): boolean {
    return this.rules.mode !== 'off';
  }

  /** Whether digits of the one who was handed the visitor open a door: only where a button calls them, too. */
  mayOpen(target: string): boolean {
    return this.isCalled(target);
  }

  /** Whether a button calls somebody. */
  isCalled(target: string): boolean {
    const identity = identityOf(target);
    return identity !== undefined && this.#named.has(identity);
  }
}

/** Who is meant, whichever way leads there: RFC 3261 §19.1.4 compares the user with its case, the host without. */
function identityOf(target: string): string | undefined {
  const uri = parseUri(target);
  return uri.ok ? `${uri.value.user ?? ''}@${uri.value.host}` : undefined;
}
