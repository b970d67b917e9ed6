// Which call an INVITE with Replaces is to take the place of (RFC 3891 §3). Whether its sender may have it is the user's
// to say; here it is found, or refused.

import { err, ok, type Result } from '../../base/result.ts';
import { isDialog, parseReplaces, type ReplacedDialog } from '../dialog/index.ts';
import { createResponse } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import type { DialogView, RoutedSession } from '../session/index.ts';

/** What of the agent is asked. */
export interface KnownDialogs {
  readonly sessions: readonly RoutedSession[];
  /** Whether a dialog of that identity has ended a short time ago. */
  readonly hasEnded: (dialog: ReplacedDialog) => boolean;
}

/** The session that an INVITE names in Replaces; undefined where it names none. The error is the response. */
export function findReplaced(invite: SipRequest, known: KnownDialogs): Result<RoutedSession | undefined, SipResponse> {
  const texts = invite.headers.all('Replaces');
  const [text] = texts;
  if (text === undefined) return ok(undefined);
  const refuse = (status: number, reason?: string) => err(createResponse(invite, status, { reason }));
  if (texts.length > 1) return refuse(400, 'Bad Request: there is more than one Replaces');
  if (invite.headers.has('Join')) return refuse(400, 'Bad Request: Replaces and Join');
  const asked = parseReplaces(text);
  if (!asked.ok) return refuse(400, 'Bad Request: Replaces is malformed');
  const matches = known.sessions.flatMap((session) => {
    const view = session.dialogs.find((dialog) => hasIdentity(session, dialog, asked.value));
    return view === undefined ? [] : [{ session, view }];
  });
  const [match, second] = matches;
  // What was wanted a moment ago and has just ended is not wanted any more (§3).
  if (match === undefined) return refuse(known.hasEnded(asked.value) ? 603 : 481);
  if (second !== undefined) return refuse(481);
  const { session, view } = match;
  if (view.state === 'confirmed') return asked.value.earlyOnly ? refuse(486) : ok(session);
  return session.direction === 'outgoing' ? ok(session) : refuse(481);
}

function hasIdentity({ id, localTag }: RoutedSession, { remoteTag }: DialogView, asked: ReplacedDialog): boolean {
  return remoteTag !== undefined && isDialog({ callId: id, localTag, remoteTag }, asked);
}
