// Rows about a fleet of doors, beside Kamailio's presence server.

import { compare } from './rows.mjs';

const PEER = { peer: 'Kamailio' };
const MANY = 100_000;

export function fleetRows({ doors, house, fleet, ours, theirs }) {
  const both = (field, factor = 1) => [factor * ours[field], factor * theirs[field]];
  const { changed, spread, atOnce } = fleet;
  const all = `${doors} doors`;
  return [
    compare(`${all}: subscriptions a second`, '1/s', ...both('rate'), {
      ...PEER,
      note: `more is better; ${again(ours)}; ${ours.refused} sent away for a while`,
    }),
    compare('CPU a subscription', 'ms', ...both('cpu', 1000), PEER),
    compare('memory a door, anonymous', 'kB', ...both('memory', 0.001), PEER),
    compare('CPU a refresh', 'ms', ...both('refresh', 1000), PEER),
    compare(`CPU of ${all} that refresh each hour`, '% of a core', (100 * doors * ours.refresh) / 3600, undefined),
    compare(`${all}: NOTIFYs acknowledged a second`, '1/s', ours.told.rate, theirs.told.rate, {
      ...PEER,
      note: `more is better; ${again(ours.told)}; Kamailio ${again(theirs.told)}`,
    }),
    compare('the same for the first change after a start', '1/s', ours.first.rate, theirs.first.rate, PEER),
    compare(`from a change to the last of ${doors} NOTIFYs`, 's', ours.told.whole, theirs.told.whole, {
      ...PEER,
      note: 'ours: files read, checked, put together, told; Kamailio: published, told',
    }),
    compare('CPU a door of a change', 'ms', 1000 * ours.told.cpu, 1000 * theirs.told.cpu, {
      ...PEER,
      note: 'ours: checked, put together, told; Kamailio: published, told',
    }),
    compare(`start with ${doors} files`, 's', ours.startup / 1000, undefined),
    ...changeRows(`${house.doors} doors`, house.changed, 5),
    ...changeRows(all, changed, 60),
    compare(`power cut, ${all} over 25 s: all are back`, 's', spread.seconds, undefined, {
      aim: 60,
      note: `${spread.refused} sent away for a while`,
    }),
    compare('requests of the busiest second of it', '1/s', spread.peak, undefined, { aim: 500 }),
    compare(`power cut, ${all} at once, by Retry-After: back`, 's', atOnce.seconds, undefined, {
      aim: 60,
      note: `${atOnce.refused} refusals; ${atOnce.granted} taken in the busiest second`,
    }),
    compare('requests of the busiest second behind the first', '1/s', atOnce.returning, undefined, { aim: 500 }),
    ...extrapolation({ doors, house, changed, ours }),
  ];
}

const again = ({ repetitions }) => `${repetitions} repeated`;

/** From the change until everybody has it, and until the server has heard so. */
function changeRows(all, { notified, applied, reported, cpu, failures }, aim) {
  const note = `told ${notified.toFixed(1)}, reported ${reported.toFixed(1)} s; ${failures} fetched again`;
  return [
    compare(`a change, ${all}: all have it, by HTTPS`, 's', applied, undefined, { aim, note }),
    compare(`CPU a door of it, ${all}`, 'ms', 1000 * cpu, undefined, { note: 'told, fetched, reported' }),
  ];
}

function extrapolation({ doors, house, changed, ours }) {
  const slope = (changed.applied - house.changed.applied) / (doors - house.doors);
  const note = `extrapolated from ${house.doors} and ${doors}`;
  return [
    compare(
      '100 000 doors: a change is with all',
      's',
      house.changed.applied + slope * (MANY - house.doors),
      undefined,
      {
        note: `${note}; so is what follows`,
      },
    ),
    compare('100 000 doors: memory', 'MB', (MANY * ours.memory) / 1e6, undefined),
    compare('100 000 doors: CPU of refreshes each hour', '% of a core', (100 * MANY * ours.refresh) / 3600, undefined),
  ];
}
