// application/simple-message-summary, read (RFC 3842 §5.2): whether messages wait for an account.

import { err, ok, type Result } from '../../../base/result.ts';

export const MESSAGE_SUMMARY_TYPE = 'application/simple-message-summary';

export interface MessageSummary {
  readonly waiting: boolean;
  /** Voice messages; undefined where the server does not count them. */
  readonly voice: { readonly new: number; readonly old: number } | undefined;
}

const LONGEST = 8192;
/** §3.5: larger counts are treated as this. */
const MOST = 2 ** 32 - 1;

/** Reads a summary; the error is a sentence. */
export function readMessageSummary(data: Buffer): Result<MessageSummary, string> {
  if (data.length > LONGEST) return err('the summary is too long');
  // The headers of messages may follow behind an empty line (§3.5).
  const [summary = ''] = data.toString('utf8').split(/\r?\n\r?\n/, 1);
  const waiting = /^messages-waiting\s*:\s*(yes|no)\s*$/im.exec(summary)?.[1];
  if (waiting === undefined) return err('it does not say whether messages wait');
  const voice = /^voice-message\s*:\s*(\d{1,20})\s*\/\s*(\d{1,20})\b/im.exec(summary);
  const count = (text: string | undefined): number => Math.min(MOST, Number(text));
  return ok({
    waiting: waiting.toLowerCase() === 'yes',
    voice: voice === null ? undefined : { new: count(voice[1]), old: count(voice[2]) },
  });
}
