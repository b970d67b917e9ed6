// What the state and the event log say of an account: a translation of what the SIP agent knows.

import type { EventFields } from '../api/events.ts';
import type { AccountState } from '../api/state.ts';
import type { RegistrationState } from '../sip/index.ts';

export function accountState({ account, registered, reason, details }: RegistrationState): AccountState {
  const known = { uri: account.uri, registers: account.register, registered };
  if (details === undefined) return { ...known, reason: account.register ? reason : 'peer to peer' };
  const { registrar, since, outbound, mapped, associated, flows } = details;
  return {
    ...known,
    reason,
    registrar,
    since: since?.toISOString() ?? null,
    outbound,
    mapped,
    ...(associated.length === 0 ? {} : { alsoKnownAs: associated }),
    flows: flows.map((flow) => ({ proxy: flow.proxy, registered: flow.registered, reason: flow.reason })),
  };
}

/** @param cause what led to the change, where that is not the state's own reason */
export function registrationChanged(
  { account, registered, reason, status, details }: RegistrationState,
  cause: string | undefined,
): EventFields['registration.changed'] {
  const why = reason ?? cause;
  return {
    account: account.uri,
    registered,
    ...(details === undefined ? {} : { registrar: details.registrar }),
    ...(status === undefined ? {} : { status }),
    ...(why === undefined ? {} : { reason: why }),
  };
}
