// As whom the door calls somebody.

import { type Account, parseUri, type RegistrationState } from '../sip/index.ts';

/** The host of a SIP URI, lower case; undefined when it is none. */
export function hostOf(uri: string): string | undefined {
  const parsed = parseUri(uri);
  return parsed.ok ? parsed.value.host : undefined;
}

/**
 * The account that is most likely to get through to `target`: one that is registered, or needs no registration, before
 * one that is not; among these one of the target's own domain; then by the order of the file. An account whose
 * registration is lost is still tried where there is no better: its server may answer a call nevertheless.
 */
export function chooseAccount(
  target: string,
  accounts: readonly Account[],
  registrations: readonly RegistrationState[],
): Account | undefined {
  // The usual case, on the way from the button to the INVITE.
  if (accounts.length === 1) return accounts[0];
  const registered = new Set(registrations.filter((state) => state.registered).map((state) => state.account.uri));
  const host = hostOf(target);
  let best: Account | undefined;
  let bestRank = -1;
  for (const account of accounts) {
    const usable = !account.register || registered.has(account.uri);
    const rank = (usable ? 2 : 0) + (host !== undefined && host === hostOf(account.uri) ? 1 : 0);
    if (rank > bestRank) {
      best = account;
      bestRank = rank;
    }
  }
  return best;
}
