// Profiles that a notification names instead of carrying: `message/external-body` (RFC 4483, RFC 2017) and the bare
// `application/url` of multicast responders.

import { err, ok, type Result } from '../../base/result.ts';

export const EXTERNAL_BODY = 'message/external-body';
export const BARE_URL = 'application/url';
/** The same, as Grandstream's servers call it. */
export const GRANDSTREAM_URL = 'application/x-gs-ucm-url';

/** Where the content is, and what is known of it before it is fetched (RFC 4483 §5). */
export interface IndirectContent {
  readonly url: string;
  /** §5.7: in the time of day; after it the URL is not to be used. */
  readonly expires?: Date;
  /** §5.9: in bytes. */
  readonly size?: number;
  /** §5.12: SHA-1 of the content, lower-case hexadecimal. */
  readonly hash?: string;
  /** §5.6: names the content; the same again means that it has not changed. Without the angle brackets. */
  readonly contentId?: string;
  /** §5.8: type of the content itself. */
  readonly contentType?: string;
}

const LONGEST_URL = 2048;

/** Content-Type and body of a NOTIFY that names a profile (RFC 4483 §5, §6.1). The body is the header of what is named. */
export function writeIndirection(content: IndirectContent): { readonly type: string; readonly data: Buffer } {
  const { url, expires, size, hash, contentId, contentType = 'application/yaml' } = content;
  const parameters = [
    'access-type="URL"',
    ...(expires === undefined ? [] : [`expiration="${expires.toUTCString()}"`]),
    `URL="${url.replace(/["\\]/g, (character) => encodeURIComponent(character))}"`,
    ...(size === undefined ? [] : [`size=${size}`]),
    ...(hash === undefined ? [] : [`hash=${hash}`]),
  ];
  const inner = [
    `Content-Type: ${contentType}`,
    ...(contentId === undefined ? [] : [`Content-ID: <${contentId}>`]),
    'Content-Disposition: session',
  ];
  return {
    type: `${EXTERNAL_BODY};${parameters.join(';')}`,
    data: Buffer.from(`${inner.join('\r\n')}\r\n\r\n`),
  };
}

/**
 * What a NOTIFY's body names. @param type value of Content-Type @param body may be empty: some put all into the type
 * @returns a sentence where it names nothing usable
 */
export function readIndirection(type: string, body: Buffer): Result<IndirectContent, string> {
  const parameters = readParameters(type);
  const text = body.subarray(0, LONGEST_BODY).toString('utf8');
  const kind = type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isIndirect = kind === EXTERNAL_BODY;
  const access = parameters.get('access-type');
  if (isIndirect && access !== undefined && access.toLowerCase() !== 'url') {
    return err('the content is not to be had by a URL');
  }
  // A responder of the field writes a bare URL into the body, and one the parameter only.
  const named = (isIndirect ? undefined : firstUrl(text)) ?? parameters.get('url') ?? firstUrl(text);
  const url = named?.replace(/\s+/g, '');
  if (url === undefined || url === '') return err('the notification names no URL');
  if (url.length > LONGEST_URL) return err('the URL is too long');
  return ok({ url, ...detailsOf(parameters, isIndirect ? text : '') });
}

const LONGEST_BODY = 8192;

function detailsOf(parameters: ReadonlyMap<string, string>, inner: string): Omit<IndirectContent, 'url'> {
  const date = parameters.get('expiration');
  const expires = date === undefined ? undefined : new Date(date);
  const size = parameters.get('size');
  const hash = parameters.get('hash')?.toLowerCase();
  const contentId = /^Content-ID:\s*<([^<>\s]{1,256})>/im.exec(inner)?.[1];
  const contentType = /^Content-Type:\s*([^;\s]{1,128})/im.exec(inner)?.[1]?.toLowerCase();
  return {
    ...(expires === undefined || Number.isNaN(expires.getTime()) ? {} : { expires }),
    ...(size !== undefined && /^\d{1,10}$/.test(size) ? { size: Number(size) } : {}),
    ...(hash !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash) ? { hash } : {}),
    ...(contentId === undefined ? {} : { contentId }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

/** The parameters of a header value, by lower-case name; the first of a name counts. */
function readParameters(value: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const pattern = /;\s*([\w!#$&^.+-]{1,64})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/g;
  for (const [, name = '', quoted, plain = ''] of value.slice(0, LONGEST_BODY).matchAll(pattern)) {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'));
  }
  return found;
}

/** The first absolute URL of a text, whatever stands around it. */
function firstUrl(text: string): string | undefined {
  return /[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"<>\0]+/i.exec(text)?.[0];
}
