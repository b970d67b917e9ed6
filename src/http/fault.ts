// Why something was not fetched, for a person and for what decides whether to try again.

/** Stable words for programs. */
export type HttpFaultCode =
  /** No URL, or none of a scheme that is spoken here. */
  | 'bad-url'
  /** Neither the scheme, nor the address, nor the redirect is one that the policy lets through. */
  | 'forbidden'
  /** The name is not known. */
  | 'no-address'
  | 'unreachable'
  | 'timeout'
  | 'certificate-refused'
  | 'certificate-wanted'
  | 'tls-refused'
  /** User name or password are missing, wrong, or may not go there. */
  | 'unauthorized'
  | 'too-large'
  /** The connection ended before the body did. */
  | 'truncated'
  /** What came is no HTTP, or not what was asked for. */
  | 'bad-response'
  | 'redirects'
  /** We were closed. */
  | 'stopped';

/** One sentence without any secret, user or query; where there is one, the mend. */
export interface HttpFault {
  readonly code: HttpFaultCode;
  readonly message: string;
  readonly mend?: string;
}

export const fault = (code: HttpFaultCode, message: string, mend?: string): HttpFault => ({
  code,
  message,
  ...(mend === undefined ? {} : { mend }),
});

/**
 * A URL as it may stand in a text: without userinfo, query and fragment, and without a part of its path that is long enough
 * to be a key.
 */
export function placeOf(url: URL): string {
  const path = url.pathname.replace(/[^/]+/g, (part) => (/^[\w-]{24,}$/.test(part) ? '…' : part));
  return `${url.protocol}//${url.host}${path}`;
}
