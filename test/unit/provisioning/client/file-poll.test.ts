// A server of files is asked at once and then now and then.

import { expect, it } from 'vitest';
import { minutes } from '../../../../src/base/units.ts';
import { FilePoll } from '../../../../src/provisioning/client/file-poll.ts';
import type { ProfileOffer } from '../../../../src/provisioning/client/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const server = { from: 'configured', uri: 'https://boot.example.com/', by: 'the configuration' } as const;

it('asks at once, then once or twice an hour, until it is stopped', () => {
  const clock = new FakeClock();
  const offers: ProfileOffer[] = [];
  const poll = new FilePoll(server, { clock, random: new SeededRandom(2), offered: (offer) => offers.push(offer) });
  poll.start();
  expect(offers).toEqual([{ server, type: 'device', kind: 'url', url: 'https://boot.example.com/' }]);
  clock.advance(minutes(29));
  expect(offers).toHaveLength(1);
  clock.advance(minutes(24 * 60));
  expect(offers.length).toBeGreaterThan(24);
  expect(offers.length).toBeLessThan(50);
  poll.stop();
  const before = offers.length;
  clock.advance(minutes(600));
  expect(offers).toHaveLength(before);
});

it('does not come in step with others', () => {
  const clock = new FakeClock();
  const times: number[] = [];
  for (let seed = 0; seed < 50; seed += 1) {
    let first = true;
    new FilePoll(server, {
      clock,
      random: new SeededRandom(seed),
      offered: () => {
        if (!first) times.push(Math.floor(clock.now() / 60_000));
        first = false;
      },
    }).start();
  }
  clock.advance(minutes(60));
  expect(new Set(times.slice(0, 50)).size).toBeGreaterThan(15);
});
