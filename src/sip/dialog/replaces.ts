// Headers that name a dialog: Replaces (RFC 3891 §6.1) and Target-Dialog (RFC 4538 §7).

import { err, ok, type Result } from '../../base/result.ts';
import { formatValued, parseValued } from '../message/index.ts';
import type { Parameters, SipRequest } from '../message/types.ts';
import type { DialogId } from './dialog.ts';

/** Which dialog is to be replaced, from the side of whoever is asked to: its own tag, and its peer's. */
export interface ReplacedDialog extends DialogId {
  /** Only as long as nobody has answered. */
  readonly earlyOnly: boolean;
}

/** §6.1: a tag of zero stands for none, too: peers of RFC 2543 have none. */
const NO_TAG = '0';

/** Whether a dialog has the identity that is asked for (§3). */
export function isDialog({ callId, localTag, remoteTag }: DialogId, asked: DialogId): boolean {
  return callId === asked.callId && sameTag(localTag, asked.localTag) && sameTag(remoteTag, asked.remoteTag);
}

function sameTag(tag: string, asked: string): boolean {
  return tag === asked || (asked === NO_TAG && tag === '');
}

/** Reads the text of Replaces; the error is a sentence. */
export function parseReplaces(text: string): Result<ReplacedDialog, string> {
  const parsed = parseValued(text);
  if (!parsed.ok) return err(parsed.error.message);
  const { value: callId, parameters } = parsed.value;
  const [localTag, remoteTag] = [tagIn(parameters, 'to-tag'), tagIn(parameters, 'from-tag')];
  if (localTag === undefined || remoteTag === undefined) return err('a tag is missing');
  return ok({ callId, localTag, remoteTag, earlyOnly: parameters.has('early-only') });
}

/**
 * Writes Replaces for a dialog of ours, to be sent to its peer: whose tag is the other way round (§4).
 * @param dialog from our side
 */
export function formatReplaces({ callId, localTag, remoteTag }: DialogId, earlyOnly = false): string {
  const tags = [
    ['to-tag', remoteTag === '' ? NO_TAG : remoteTag],
    ['from-tag', localTag],
  ] as const;
  const flag = earlyOnly ? [['early-only', true] as const] : [];
  return formatValued({ value: callId, parameters: new Map<string, string | true>([...tags, ...flag]) });
}

/** The dialog that Target-Dialog names: its tags are local and remote as we see them (RFC 4538 §3). */
export function targetDialogOf(request: SipRequest): DialogId | undefined {
  const parsed = parseValued(request.headers.get('Target-Dialog') ?? '');
  if (!parsed.ok) return undefined;
  const { value: callId, parameters } = parsed.value;
  const [localTag, remoteTag] = [tagIn(parameters, 'local-tag'), tagIn(parameters, 'remote-tag')];
  return localTag === undefined || remoteTag === undefined ? undefined : { callId, localTag, remoteTag };
}

function tagIn(parameters: Parameters, name: string): string | undefined {
  const tag = parameters.get(name);
  return typeof tag === 'string' && tag !== '' ? tag : undefined;
}
