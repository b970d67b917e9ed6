// In which order the servers of SRV records are tried: RFC 2782, "The format of the SRV RR".

import type { Random } from '../../base/random.ts';

interface Ranked {
  readonly priority: number;
  readonly weight: number;
}

/** The servers by priority, the lowest number first; those of one priority together. */
export function byPriority<Server extends Ranked>(servers: readonly Server[]): readonly (readonly Server[])[] {
  const groups = new Map<number, Server[]>();
  for (const server of servers) {
    const group = groups.get(server.priority);
    if (group === undefined) groups.set(server.priority, [server]);
    else group.push(server);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}

/** Servers of one priority as chance and their weights have it. */
export function byWeight<Server extends Ranked>(servers: readonly Server[], random: Random): readonly Server[] {
  // Those of weight 0 to the front: they are chosen when the number that is drawn is 0, and hardly ever else.
  const rest = [...servers].sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
  const ordered: Server[] = [];
  while (rest.length > 0) {
    const sum = rest.reduce((total, { weight }) => total + weight, 0);
    // "a uniform random number between 0 and the sum computed (inclusive)"
    const drawn = Math.floor(random.uniform() * (sum + 1));
    const [chosen] = rest.splice(firstReaching(rest, drawn), 1);
    if (chosen !== undefined) ordered.push(chosen);
  }
  return ordered;
}

/** "the RR whose running sum value is the first in the selected order which is greater than or equal to the random number" */
function firstReaching(servers: readonly Ranked[], drawn: number): number {
  let running = 0;
  for (const [place, { weight }] of servers.entries()) {
    running += weight;
    if (running >= drawn) return place;
  }
  return servers.length - 1;
}
