// U-NAPTR (RFC 4848): records that lead from a domain to URIs of one service, without a name in between.

import type { DnsRecord, NaptrRecord } from './dns/records.ts';

/** No zone makes us ask at hundreds of places. */
const MAXIMUM_URIS = 8;

/**
 * The URIs that a domain's records hold for a service, the one to be used first (RFC 3403 §4.1).
 * @param service as in the records: `SFUA.CFG`
 */
export function urisIn(records: readonly DnsRecord[], service: string): readonly string[] {
  const wanted = records.filter(
    (record): record is NaptrRecord =>
      record.type === 'NAPTR' &&
      record.services.toUpperCase() === service.toUpperCase() &&
      record.flags.toUpperCase() === 'U' &&
      record.replacement === '',
  );
  return wanted
    .sort((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap(({ regexp }) => uriIn(regexp) ?? [])
    .slice(0, MAXIMUM_URIS);
}

/** RFC 4848 §2.2: whatever the domain is, it becomes the URI. Written `.*` in the grammar, and `^.*$` in its examples. */
function uriIn(regexp: string): string | undefined {
  return /^!\^?\.\*\$?!([\x21\x23-\x7e]{1,1024})!i?$/.exec(regexp)?.[1];
}
