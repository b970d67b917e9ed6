// A session's dialogs as watchers of the event package `dialog` see them (RFC 4235 §3.7.1).

import type { Dialog } from '../dialog/index.ts';
import { parseNameAddress } from '../message/index.ts';

/** One dialog, or the half of one that an INVITE without an answer is. */
export interface DialogView {
  /** Which of the session's dialogs, in the order in which they came; the first is 0, the half dialog before it too. */
  readonly index: number;
  /** Undefined while nobody has answered with a tag. */
  readonly remoteTag: string | undefined;
  /** `proceeding`: somebody has answered, without a tag. */
  readonly state: 'trying' | 'proceeding' | 'early' | 'confirmed';
  /** Our Contact. */
  readonly localTarget: string | undefined;
  /** The peer's. */
  readonly remoteTarget: string | undefined;
}

/** A dialog as it is seen. @param contact value of our Contact in it */
export function viewOf({ id, state, remoteTarget }: Dialog, index: number, contact: string): DialogView {
  return { index, remoteTag: id.remoteTag, state, localTarget: uriIn(contact), remoteTarget };
}

/** The half of a dialog that an INVITE without an answer is. */
export function halfDialog(state: 'trying' | 'proceeding', contact: string): DialogView {
  return { index: 0, remoteTag: undefined, state, localTarget: uriIn(contact), remoteTarget: undefined };
}

function uriIn(contact: string): string | undefined {
  const parsed = parseNameAddress(contact);
  return parsed.ok ? parsed.value.uri : undefined;
}
