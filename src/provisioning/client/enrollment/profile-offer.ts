// What a notification of profiles offers (RFC 6080 §6.5): the profile itself, where it is, or nothing yet.

import { err, ok, type Result } from '../../../base/result.ts';
import { millis, seconds } from '../../../base/units.ts';
import type { EventType } from '../../../sip/index.ts';
import {
  BARE_URL,
  EXTERNAL_BODY,
  GRANDSTREAM_URL,
  type ProfileType,
  readEffectiveBy,
  readIndirection,
} from '../../event/index.ts';
import type { ProfileOffer, ServerFound } from '../types.ts';

const PROFILE_TYPES = ['application/yaml', 'application/json', 'application/x-yaml', 'text/yaml'];

/** The body types of notifications that are understood, the best first. */
export const ACCEPTED_TYPES = [EXTERNAL_BODY, ...PROFILE_TYPES, BARE_URL, GRANDSTREAM_URL];

/** What came. */
export interface ToldProfile {
  readonly event: EventType;
  /** With its parameters. */
  readonly contentType: string | undefined;
  /** Undefined: empty, or of a type that was not asked for. */
  readonly data: Buffer | undefined;
}

/** Reads a notification; the error is a sentence. */
export function offerIn(told: ToldProfile, server: ServerFound, type: ProfileType): Result<ProfileOffer, string> {
  const { event, contentType = '', data = Buffer.alloc(0) } = told;
  const effectiveBy = readEffectiveBy(event.parameters);
  const common = { server, type, ...(effectiveBy === undefined ? {} : { effectiveBy: seconds(effectiveBy) }) };
  const kind = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  // One server puts all of an indirection into the type, and leaves the body empty.
  if (data.length === 0 && kind !== EXTERNAL_BODY) return ok({ ...common, kind: 'none' });
  if (PROFILE_TYPES.includes(kind)) return ok({ ...common, kind: 'body', contentType: kind, data });
  if (!ACCEPTED_TYPES.includes(kind)) return err(`a notification holds ${kind || 'something without a type'}`);
  const content = readIndirection(contentType, data);
  if (!content.ok) return content;
  const { url, expires, size, hash, contentId } = content.value;
  return ok({
    ...common,
    kind: 'url',
    url,
    ...(expires === undefined ? {} : { expires }),
    ...(size === undefined ? {} : { size }),
    ...(hash === undefined ? {} : { hash }),
    ...(contentId === undefined ? {} : { contentId }),
  });
}

/** T1 of RFC 3261, which RFC 6080 counts in. */
export const T1 = millis(500);
