// From what servers offer to what the keeper takes: nothing lost, nothing asked for too often.

import { beforeEach, describe, expect, it } from 'vitest';
import { err, ok, type Result } from '../../../../src/base/result.ts';
import { minutes, seconds } from '../../../../src/base/units.ts';
import { type FetchFault, ProvisioningClient } from '../../../../src/provisioning/client/provisioning-client.ts';
import type { ProfileOffer, ProfileText } from '../../../../src/provisioning/client/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const server = { from: 'configured', uri: 'sip:boot.example.com', by: 'the configuration' } as const;
const offerOf = (url: string): ProfileOffer => ({ server, type: 'device', kind: 'url', url });
const textOf = (text: string): ProfileText => ({ text, where: 'https://boot/x', server, signed: false });

let clock: FakeClock;
let asked: string[];
let taken: string[];
let said: string[];
let worked: number;
let answer: (url: string) => Promise<Result<ProfileText | 'unchanged', FetchFault>>;
let client: ProvisioningClient;

beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  taken = [];
  said = [];
  worked = 0;
  answer = (url) => Promise.resolve(ok(textOf(`profile of ${url}`)));
  client = new ProvisioningClient({
    clock,
    random: new SeededRandom(4),
    log: new RecordingLog(),
    retrieve: (offer) => {
      const url = offer.kind === 'url' ? offer.url : offer.kind;
      asked.push(url);
      return answer(url);
    },
    take: ({ text }) => {
      taken.push(text);
      return Promise.resolve({ kind: 'applied' });
    },
    failed: (what) => said.push(what),
    worked: () => {
      worked += 1;
    },
  });
});

/** Lets what has been promised happen. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe('an offer', () => {
  it('is fetched at once, and taken', async () => {
    client.offered(offerOf('a'));
    await settle();
    expect(taken).toEqual(['profile of a']);
  });

  it('of nothing is no profile', async () => {
    client.offered({ server, type: 'device', kind: 'none' });
    await settle();
    expect(asked).toEqual([]);
  });

  it('that comes while another is fetched is the one that counts', async () => {
    let finish: (value: Result<ProfileText, FetchFault>) => void = () => undefined;
    answer = (url) =>
      url === 'a'
        ? new Promise((done) => {
            finish = done;
          })
        : Promise.resolve(ok(textOf(url)));
    client.offered(offerOf('a'));
    client.offered(offerOf('b'));
    finish(ok(textOf('a')));
    await settle();
    expect(asked).toEqual(['a', 'b']);
    expect(taken).toEqual(['b']);
  });

  it('that was fetched is not fetched again for a change of the network', async () => {
    client.offered(offerOf('a'));
    await settle();
    client.networkChanged();
    clock.advance(minutes(1));
    await settle();
    expect(asked).toEqual(['a']);
  });

  it('that has not changed is not taken again', async () => {
    answer = () => Promise.resolve(ok('unchanged'));
    client.offered(offerOf('a'));
    await settle();
    expect(taken).toEqual([]);
  });
});

describe('a fetch that fails', () => {
  it('is tried again when it may be otherwise, and said once', async () => {
    answer = () => Promise.resolve(err({ message: 'boot answers 500', retryAfter: seconds(10) }));
    client.offered(offerOf('a'));
    await settle();
    for (let second = 0; second < 60; second += 1) {
      clock.advance(seconds(1));
      await settle();
    }
    expect(asked).toHaveLength(7);
    expect(said).toEqual(['boot answers 500']);
    expect(worked).toBe(0);
    answer = () => Promise.resolve(ok(textOf('there at last')));
    clock.advance(seconds(10));
    await settle();
    expect(taken).toEqual(['there at last']);
    expect(worked).toBe(1);
  });

  it.each([
    ['for a while', { retryAfter: minutes(60) }],
    ['for good', {}],
  ])('%s is tried again within a second when the network is another one', async (_, more) => {
    answer = () => Promise.resolve(err({ message: 'boot cannot be reached', ...more }));
    client.offered(offerOf('a'));
    await settle();
    answer = () => Promise.resolve(ok(textOf('by the new cable')));
    client.networkChanged();
    clock.advance(seconds(1));
    await settle();
    expect(taken).toEqual(['by the new cable']);
    clock.advance(minutes(120));
    await settle();
    expect(asked).toHaveLength(2);
  });

  it('for good waits for another offer, or for somebody who asks', async () => {
    answer = () => Promise.resolve(err({ message: 'there is no such file' }));
    client.offered(offerOf('a'));
    await settle();
    clock.advance(minutes(60));
    expect(asked).toHaveLength(1);
    client.now();
    await settle();
    expect(asked).toHaveLength(2);
  });
});

describe('the end', () => {
  it('asks for nothing any more, and takes nothing that comes late', async () => {
    let finish: (value: Result<ProfileText, FetchFault>) => void = () => undefined;
    answer = () =>
      new Promise((done) => {
        finish = done;
      });
    client.offered(offerOf('a'));
    client.stop();
    finish(ok(textOf('late')));
    await settle();
    client.now();
    await settle();
    expect(taken).toEqual([]);
    expect(asked).toHaveLength(1);
  });
});
