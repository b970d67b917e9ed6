// What is known of an account's registration, for those who look at it.

import type { Grant } from './grant.ts';

/** What is known of a binding, or of all bindings of an account: registered where one of them is. */
export interface BindingState {
  readonly registered: boolean;
  /** What keeps it from being registered; null while it is, or before the first answer. */
  readonly reason: string | null;
  readonly status?: number;
}

/** One flow of an account. */
export interface FlowState extends BindingState {
  /** The proxy that it goes by; null where it goes straight to the registrar. */
  readonly proxy: string | null;
}

/** An account's registration as a person wants to see it. */
export interface RegistrationReport extends BindingState {
  /** The registrar that serves, or that is being asked. */
  readonly registrar: string;
  /** Since when it is registered, or not; null before the first answer. */
  readonly since: Date | null;
  /** Whether the registrar knows flows (RFC 5626). */
  readonly outbound: boolean;
  readonly flows: readonly FlowState[];
  /** Where the servers see us, if that is not where we think that we are. */
  readonly mapped: string | null;
  /** Other names of the account's (RFC 7315 §4.1), as the registrar gave them; used for nothing. */
  readonly associated: readonly string[];
}

/** By which way requests of the account leave while it is registered. */
export interface LiveFlow {
  readonly registrar: string;
  readonly proxy: string | undefined;
  readonly grant: Grant;
}

/** Before the first answer, and after the last. */
export const UNKNOWN: BindingState = { registered: false, reason: null };
export const REGISTERED: BindingState = { registered: true, reason: null };

/** Equal for states that are no change from one to the other. @param flows which flows are registered */
export function fingerprint(
  { registered, reason, status }: BindingState,
  registrar: string,
  flows: readonly boolean[],
): string {
  return JSON.stringify([registered, reason, status, registrar, flows]);
}
