// How far an offer is to be trusted, by who made it: where its URL may lead, and whether it is told our password.

import type { Secret } from '../../../base/secret.ts';
import type { AddressPolicy, HttpCredentials, RedirectPolicy } from '../../../http/index.ts';
import type { ServerFound } from '../types.ts';

/** What the configuration says (`provisioning`). */
export interface RetrievalSettings {
  /** Plain HTTP may be fetched from. */
  readonly http: boolean;
  readonly redirects: RedirectPolicy;
  readonly username?: string;
  readonly password?: Secret;
  /** Ed25519 public keys, base64 or PEM: where there are any, a profile must be signed by one of them. */
  readonly trust: readonly string[];
}

/** Named by the owner, or by a server that the owner has named or has had a profile from. */
const VOUCHED: ReadonlySet<string> = new Set(['configured', 'remembered', 'registrar']);

export function policyFor(server: ServerFound, { http, redirects }: RetrievalSettings): AddressPolicy {
  const named = VOUCHED.has(server.from) ? hostOfUri(server.uri) : undefined;
  // Whoever is on the local network may have answered (no authentication exists there).
  const houseOnly = server.from === 'pnp' && redirects !== 'any';
  return { http, redirects, ...(named === undefined ? {} : { named }), houseOnly };
}

/**
 * The credentials for the first host of a fetch: those of its own URL, or the configured ones. The password itself is told
 * to nobody whom a datagram has named: there must be the same host, or TLS, from the configuration on.
 */
export function credentialsFor(
  url: URL,
  server: ServerFound,
  settings: RetrievalSettings,
): Omit<HttpCredentials, 'password'> | undefined {
  const { username } = settings;
  if (username === undefined || settings.password === undefined) return undefined;
  const isSafe = url.hostname === hostOfUri(server.uri) || /^(?:sips:|https:)|;transport=tls\b/i.test(server.uri);
  return { host: url.hostname, username, basic: VOUCHED.has(server.from) && isSafe };
}

/** The host of a `sip:`, `sips:`, `http:` or `https:` address; brackets of IPv6 kept, as URLs have them. */
export function hostOfUri(uri: string): string | undefined {
  const [, host] = /^(?:sips?:|https?:\/\/)(?:[^@/?;]*@)?(\[[^\]]+\]|[^:;/?>]+)/i.exec(uri) ?? [];
  return host?.toLowerCase();
}
