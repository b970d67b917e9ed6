// Where the door's sound is seen from the Internet: the configured STUN servers, found by the SIP agent's names, and what
// is said of a NAT that keeps the door from being heard.

import type { StunServer } from '../config/index.ts';
import type { MappingTrouble } from '../media/index.ts';
import type { ServerPlace, SipAgent } from '../sip/index.ts';
import type { Faults } from './faults.ts';

/** RFC 8489 §8.1 */
const SERVICE = { service: '_stun._udp', usualPort: 3478 };

const FAULT = 'stun';

/** One sentence each, and the mend. `symmetric` is no fault of anybody's: see `stunWarning`. */
const FAULTS: Readonly<Record<Exclude<MappingTrouble, 'symmetric'>, readonly [what: string, mend: string]>> = {
  unresolved: ['no server of media.stun has an address', 'correct media.stun, or the DNS'],
  silent: ['no server of media.stun answers', 'name others in media.stun, or let UDP to them through the router'],
  unusable: [
    'the servers of media.stun see the door at an address that is not public',
    'name servers on the Internet in media.stun',
  ],
};

/** What a NAT does that STUN cannot help with (RFC 4787 §4.1: address-dependent mapping). */
const SYMMETRIC =
  'the NAT shows the sound of calls at another port to everyone (symmetric NAT): media.stun does not help, phones on the ' +
  'Internet hear the door by a relay only, or if they send back to where its sound comes from';

/** So many are asked at a time. */
const MOST = 4;

/**
 * Finds the servers' addresses: of IPv4 where there are some, as IPv6 seldom has a NAT; one of each host, then the next of
 * each, as far as there is room: RFC 8489 §8.1 has the next server asked when one is silent, and here they are asked at once.
 * @param found called once, before this returns where all are known
 */
export function findStunServers(
  agent: Pick<SipAgent, 'findServers'>,
  servers: readonly StunServer[],
  found: (places: readonly ServerPlace[]) => void,
): void {
  const places: (readonly ServerPlace[])[] = servers.map(() => []);
  let missing = servers.length;
  for (const [at, server] of servers.entries()) {
    agent.findServers({ ...SERVICE, ...server }, (all) => {
      const ofIpv4 = all.filter(({ address }) => !address.includes(':'));
      places[at] = ofIpv4.length > 0 ? ofIpv4 : all;
      missing -= 1;
      if (missing === 0) found(byTurns(places).slice(0, MOST));
    });
  }
}

/** The first of each list, then the second of each, and so on. */
function byTurns(lists: readonly (readonly ServerPlace[])[]): readonly ServerPlace[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list[turn] ?? [])).flat();
}

/** Says what is wrong, once, or that it is over. */
export function reportStun(faults: Faults, trouble: MappingTrouble | undefined): void {
  if (trouble === undefined || trouble === 'symmetric') {
    faults.end(FAULT);
    return;
  }
  const [what, mend] = FAULTS[trouble];
  faults.begin(FAULT, `${what}: phones on the Internet are told an address of the house`, mend);
}

/** What works as it can, and should be known. */
export const stunWarning = (trouble: MappingTrouble | undefined): string | undefined =>
  trouble === 'symmetric' ? SYMMETRIC : undefined;
