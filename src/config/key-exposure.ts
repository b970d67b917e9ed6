// SDES puts the keys of SRTP into the signalling (RFC 4568 §8.3): over a transport in the clear everybody on the way reads
// them. That works, and must not be done unknowingly.

import { complaint } from './complaint.ts';
import type { Report } from './structure.ts';
import type { Configuration } from './types.ts';

/** What of a configuration says so. */
export type KeyingConfiguration = Pick<Configuration, 'accounts' | 'buttons'> & {
  readonly media: Pick<Configuration['media'], 'srtp' | 'keying'>;
};

/** Only these are sure to go over TLS: what DNS says of others is known when it is asked (RFC 3263 §4.1). */
const isProtected = (uri: string): boolean => /^sips:/i.test(uri) || /;transport=tls(;|\?|>|$)/i.test(uri);

/** The servers and phones, by their addresses, that keys may go to in the clear. */
export function keysInTheClear({ accounts, buttons, media }: KeyingConfiguration): readonly string[] {
  if (media.srtp === 'off' || !media.keying.includes('sdes')) return [];
  const targets = Object.values(buttons).flatMap(({ call }) => call);
  const hops = accounts.flatMap((account) => {
    const { uri, register, registrar, registrars = [], outboundProxy, outboundProxies = [] } = account;
    const proxies = [...(outboundProxy === undefined ? [] : [outboundProxy]), ...outboundProxies];
    if (proxies.length > 0) return proxies;
    if (!register) return targets;
    const servers = [...(registrar === undefined ? [] : [registrar]), ...registrars.flat()];
    return servers.length > 0 ? servers : [uri];
  });
  return [...new Set(hops.filter((uri) => !isProtected(uri)))];
}

/** One sentence for people, or undefined where there is nothing to say. */
export function describeKeysInTheClear(configuration: KeyingConfiguration): string | undefined {
  const places = keysInTheClear(configuration);
  return places.length === 0
    ? undefined
    : `SRTP keys go in the clear to ${places.join(', ')}: whoever is on the way can listen`;
}

/** Who insists on encryption is told when he writes it; who only takes what he gets, at the start and in `status`. */
export function reportKeysInTheClear(configuration: Configuration, warning: Report): void {
  const what = configuration.media.srtp === 'required' ? describeKeysInTheClear(configuration) : undefined;
  const mend = 'write ;transport=tls behind these addresses';
  if (what !== undefined) warning(['media', 'srtp'], complaint(what, mend), 'value');
}
