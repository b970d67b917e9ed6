// Publishing for servers of others (RFC 3903, RFC 4483): who is told what, and what is made of refusals.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { millis, minutes, seconds } from '../../../../src/base/units.ts';
import { readIndirection } from '../../../../src/provisioning/event/index.ts';
import { PublishedStore } from '../../../../src/provisioning/server/published-store.ts';
import { type ProfileToPublish, Publisher } from '../../../../src/provisioning/server/publisher.ts';
import { type PublishOptions, type PublishOutcome, parseUri } from '../../../../src/sip/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { KeptFile } from './support.ts';

const DAY = 24 * 60 * 60 * 1000;
const TOKEN = '0123456789abcdef0123456789abcdef';
const profile = (id: string, text = 'name: Door\n', serial = 1): ProfileToPublish => ({
  id,
  token: TOKEN,
  serial,
  text: Buffer.from(text),
});

/** A publisher before a presence server that grants all, or answers what `answers` holds first. */
function publishing(answers: PublishOutcome[] = []) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const file = new KeptFile();
  const asked: PublishOptions[] = [];
  const files = new Map<string, string>();
  const server = parseUri('sip:fleet.example.com:5070');
  if (!server.ok) throw new Error(server.error.message);
  const account = { uri: 'sip:publisher@fleet.example.com', expires: minutes(60), register: false };
  const publisher = () =>
    new Publisher({
      clock,
      log,
      agent: {
        publish: (options) => {
          asked.push(options);
          const granted = { status: 200, tag: `tag-${asked.length}`, expires: options.expires };
          return Promise.resolve(answers.shift() ?? granted);
        },
      },
      account,
      server: server.value,
      url: 'https://files.example.com',
      files: {
        put: (path, text) => void files.set(path, text.toString()),
        remove: (path) => void files.delete(path),
      },
      store: new PublishedStore(file),
    });
  return { clock, log, file, asked, files, run: async (...all: ProfileToPublish[]) => await publisher().run(all) };
}

const DEVICE = 'b827eb010203';
const PATH = `/${TOKEN}/${DEVICE}.yaml`;

describe('publishing', () => {
  it('writes the file, and tells where it is, with size and hash (RFC 4483 §5)', async () => {
    const { asked, files, run } = publishing();
    expect(await run(profile(DEVICE))).toMatchObject({ changed: 1, failed: 0 });
    expect(files.get(PATH)).toBe('name: Door\n');
    const [first] = asked;
    expect(first).toMatchObject({
      target: 'sip:urn%3Auuid%3A00000000-0000-1000-8000-b827eb010203@fleet.example.com:5070',
      event: 'ua-profile',
    });
    expect(first?.tag).toBeUndefined();
    const told = readIndirection(first?.body?.type ?? '', first?.body?.data ?? Buffer.alloc(0));
    expect(told).toMatchObject({
      ok: true,
      value: {
        url: `https://files.example.com${PATH}`,
        size: 11,
        hash: createHash('sha1').update('name: Door\n').digest('hex'),
      },
    });
  });

  it('names a device without a hardware address by its UUID', async () => {
    const { asked, run } = publishing();
    await run(profile('f81d4fae-7ced-11d0-a765-00a0c91e6bf6'));
    expect(asked[0]?.target).toContain('f81d4fae-7ced-11d0-a765-00a0c91e6bf6@');
  });

  it('says nothing of what has not changed, and changes only what has (RFC 3903 §4.4)', async () => {
    const { asked, run } = publishing();
    await run(profile(DEVICE), profile('000000000001'));
    expect(await run(profile(DEVICE), profile('000000000001', 'name: Other\n', 2))).toEqual({
      changed: 1,
      refreshed: 0,
      removed: 0,
      unchanged: 1,
      failed: 0,
    });
    expect(asked.slice(2).map(({ tag, body }) => [tag, body !== undefined])).toEqual([['tag-2', true]]);
  });

  it('refreshes what has less than half of its life left, without a body (RFC 3903 §4.3)', async () => {
    const { clock, asked, run } = publishing();
    await run(profile(DEVICE));
    clock.advance(4 * DAY);
    expect(await run(profile(DEVICE))).toMatchObject({ refreshed: 1 });
    expect(asked[1]).toMatchObject({ tag: 'tag-1' });
    expect(asked[1]?.body).toBeUndefined();
  });

  it('begins anew where the server has forgotten it: 412 (RFC 3903 §4.3), or its time is over', async () => {
    const { clock, asked, run } = publishing([{ status: 200, tag: 'a', expires: minutes(60) }, { status: 412 }]);
    await run(profile(DEVICE));
    expect(await run(profile(DEVICE))).toMatchObject({ refreshed: 1, failed: 0 });
    expect(asked.slice(1).map(({ tag, body }) => [tag, body !== undefined])).toEqual([
      ['a', false],
      [undefined, true],
    ]);
    clock.advance(8 * DAY);
    await run(profile(DEVICE));
    expect(asked[3]?.tag).toBeUndefined();
    expect(asked[3]?.body).toBeDefined();
  });

  it('asks for a longer life where the server wants one (423, RFC 3903 §6), but for no year', async () => {
    const { asked, run } = publishing([
      { status: 423, expires: millis(10 * DAY) },
      { status: 200, tag: 'a', expires: millis(10 * DAY) },
      { status: 423, expires: millis(365 * DAY) },
    ]);
    expect(await run(profile(DEVICE))).toMatchObject({ changed: 1 });
    expect(asked[1]?.expires).toBe(10 * DAY);
    expect(await run(profile(DEVICE), profile('000000000001'))).toMatchObject({ unchanged: 1, failed: 1 });
  });

  it('takes away what is no more: the file, and the publication (RFC 3903 §4.5)', async () => {
    const { asked, files, file, run } = publishing();
    await run(profile(DEVICE));
    expect(await run()).toMatchObject({ removed: 1 });
    expect(files.size).toBe(0);
    expect(asked[1]).toMatchObject({ expires: 0, tag: 'tag-1' });
    expect(new PublishedStore(file).all).toEqual([]);
  });

  it.each([[403], [503], [undefined]])(
    'remembers nothing of a refusal (%s): the next round tells it again',
    async (status) => {
      const { asked, log, run } = publishing([{ status }]);
      expect(await run(profile(DEVICE))).toMatchObject({ failed: 1 });
      expect(log.lines.map(({ event }) => event)).toContain('publish.refused');
      expect(await run(profile(DEVICE))).toMatchObject({ changed: 1 });
      expect(asked).toHaveLength(2);
    },
  );

  it('has twenty requests under way at the most', async () => {
    const { clock, file } = publishing();
    let [open, most] = [0, 0];
    const server = parseUri('sip:fleet.example.com');
    const publisher = new Publisher({
      clock,
      log: new RecordingLog(),
      agent: {
        publish: async () => {
          open += 1;
          most = Math.max(most, open);
          await new Promise((done) => setImmediate(done));
          open -= 1;
          return { status: 200, tag: 'a', expires: seconds(3600) };
        },
      },
      account: { uri: 'sip:publisher@fleet.example.com', expires: minutes(60), register: false },
      server: server.ok ? server.value : expect.fail('no address'),
      url: 'https://files.example.com',
      files: { put: () => undefined, remove: () => undefined },
      store: new PublishedStore(file),
    });
    const all = Array.from({ length: 100 }, (_, index) => profile(`0000000000${index.toString().padStart(2, '0')}`));
    expect(await publisher.run(all)).toMatchObject({ changed: 100 });
    expect(most).toBe(20);
  });
});

describe('the memory of what was published', () => {
  const one = { id: DEVICE, tag: 'a', until: 5, url: 'https://x/', hash: 'h' };

  it('is there again, but for a torn line and what is no line of its own', () => {
    const file = new KeptFile();
    const store = new PublishedStore(file);
    store.put(one);
    store.put({ ...one, id: '000000000001' });
    store.remove('000000000001');
    store.flush();
    file.text += 'null\n{"id":7}\n{"id":"torn","tag":"b"';
    expect(new PublishedStore(file).all).toEqual([one]);
  });

  it('does not grow for ever', () => {
    const file = new KeptFile();
    const store = new PublishedStore(file);
    for (let round = 0; round < 3000; round += 1) {
      store.put({ ...one, until: round });
      store.flush();
    }
    expect(file.text.split('\n').length).toBeLessThan(1100);
    expect(new PublishedStore(file).get(DEVICE)?.until).toBe(2999);
  });
});
