// A package from outside of the agent, and watchers that outlive the process (RFC 6665 §4.2; RFC 6080 §6).

import { describe, expect, it } from 'vitest';
import { err, ok } from '../../../../src/base/result.ts';
import { minutes } from '../../../../src/base/units.ts';
import type { EventPackage, SubscriptionRecord } from '../../../../src/sip/event/index.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { subscribeTo } from '../../../support/scripted-notifier.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { type Bench, bench, DOOR, deliver } from '../../../support/sip-bench.ts';

/** One text for everybody; `set` tells those who watch. */
class Notice implements EventPackage {
  readonly name = 'notice';
  readonly types = ['text/plain'];
  readonly expires = minutes(60);
  readonly kept = new Map<string, SubscriptionRecord>();
  readonly statuses: (number | undefined)[] = [];
  closed = 0;
  text: string | undefined;
  readonly #changed = new Set<() => void>();

  readonly watch: EventPackage['watch'] = ({ event, changed, request }) => {
    if (event.parameters.has('challenge') && request?.headers.has('Authorization') !== true) {
      return err({ status: 401, headers: [['WWW-Authenticate', 'Digest realm="r", nonce="n"']] });
    }
    this.#changed.add(changed);
    const body = () =>
      this.text === undefined
        ? undefined
        : {
            type: 'text/plain',
            data: Buffer.from(this.text),
            eventParameters: [['effective-by', '0'] as const],
          };
    return ok({
      full: body,
      changes: body,
      told: (status: number | undefined) => this.statuses.push(status),
      close: () => {
        this.closed += 1;
        this.#changed.delete(changed);
      },
    });
  };

  keep(key: string, record: SubscriptionRecord | undefined): void {
    if (record === undefined) this.kept.delete(key);
    else this.kept.set(key, JSON.parse(JSON.stringify(record)));
  }

  set(text: string): void {
    this.text = text;
    for (const changed of this.#changed) changed();
  }
}

interface Watched extends Bench {
  readonly notice: Notice;
  readonly watcher: ScriptedPhone;
  notifies(): readonly SipRequest[];
}

async function watched(limits?: { most: number; mostOfOneSource: number }): Promise<Watched> {
  const notice = new Notice();
  const made = await bench({ packages: [notice], ...(limits === undefined ? {} : { watchers: limits }) });
  const watcher = await ScriptedPhone.plug(made.network, '10.0.0.2');
  watcher.onMessage = (message) => {
    if (message.kind === 'request' && message.method === 'NOTIFY') watcher.answer(message, 200);
  };
  return { ...made, notice, watcher, notifies: () => watcher.requests('NOTIFY') };
}

describe('a package from outside', () => {
  it('tells a watcher of its own change, with parameters of its own and without a body where there is none', async () => {
    const { notice, watcher, notifies, clock } = await watched();
    subscribeTo(watcher, DOOR, { event: 'notice;id=7' });
    deliver(clock);
    expect(watcher.response('SUBSCRIBE').headers.get('Allow-Events')).toContain('notice');
    expect(notifies().map(({ body }) => body.toString())).toEqual(['']);
    notice.set('door closed');
    deliver(clock);
    const last = notifies().at(-1);
    expect(last?.body.toString()).toBe('door closed');
    expect(last?.headers.get('Event')).toBe('notice;id=7;effective-by=0');
    expect(notice.statuses).toEqual([200, 200]);
  });

  it('may challenge who subscribes', async () => {
    const { watcher, clock } = await watched();
    subscribeTo(watcher, DOOR, { event: 'notice;challenge=1' });
    deliver(clock);
    const response = watcher.response('SUBSCRIBE');
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Digest realm="r", nonce="n"');
  });

  it('has as many watchers as it may, and room again when one is gone', async () => {
    const { watcher, clock, notice } = await watched({ most: 3, mostOfOneSource: 2 });
    const statuses = (): number[] => watcher.statuses('SUBSCRIBE').slice();
    for (const callId of ['a', 'b', 'c']) {
      subscribeTo(watcher, DOOR, { event: 'notice', callId });
      deliver(clock);
    }
    expect(statuses()).toEqual([200, 200, 480]);
    const toTag = watcher.responses('SUBSCRIBE').find(({ callId }) => callId === 'a')?.toTag;
    subscribeTo(watcher, DOOR, {
      event: 'notice',
      callId: 'a',
      sequence: 2,
      expires: '0',
      ...(toTag === undefined ? {} : { toTag }),
    });
    deliver(clock);
    expect(notice.closed).toBe(1);
    subscribeTo(watcher, DOOR, { event: 'notice', callId: 'd' });
    deliver(clock);
    expect(statuses().at(-1)).toBe(200);
  });
});

describe('a subscription that is kept', () => {
  it('goes on after a restart: the same dialog, a higher CSeq, the rest of its life', async () => {
    const first = await watched();
    subscribeTo(first.watcher, DOOR, { event: 'notice', expires: '600' });
    deliver(first.clock);
    const [record] = [...first.notice.kept.values()];
    if (record === undefined) throw new Error('nothing was kept');
    void first.agent.stop();
    deliver(first.clock);
    expect(first.notifies()).toHaveLength(1);
    expect(first.notice.kept.size).toBe(1);

    const second = await watched();
    expect(second.agent.restoreWatcher(record)).toBe(true);
    deliver(second.clock);
    expect(second.notifies()).toEqual([]);
    second.notice.set('after');
    deliver(second.clock);
    const [notify] = second.notifies();
    const [before] = first.notifies();
    expect(notify?.callId).toBe(before?.callId);
    expect(notify?.fromTag).toBe(before?.fromTag);
    expect(notify?.toTag).toBe('watcher-tag');
    expect(notify?.cseq.number).toBeGreaterThan(before?.cseq.number ?? 0);
    expect(notify?.headers.get('Subscription-State')).toMatch(/^active;expires=(599|600)$/);
    subscribeTo(second.watcher, DOOR, {
      event: 'notice',
      sequence: 2,
      expires: '600',
      toTag: before?.fromTag ?? '',
    });
    deliver(second.clock);
    expect(second.watcher.response('SUBSCRIBE').status).toBe(200);
  });

  it('has a CSeq that grows from life to life, however many notifications each of them sends (RFC 3261 §12.2.1.1)', async () => {
    let life = await watched();
    subscribeTo(life.watcher, DOOR, { event: 'notice', expires: '3600' });
    deliver(life.clock);
    const numbers: number[] = [];
    for (const notifications of [3, 700, 1, 3]) {
      for (let sent = 0; sent < notifications; sent += 1) {
        life.notice.set(`${sent}`);
        life.clock.advance(1000);
      }
      deliver(life.clock);
      numbers.push(...life.notifies().map(({ cseq }) => cseq.number));
      const [record] = [...life.notice.kept.values()];
      if (record === undefined) throw new Error('nothing was kept');
      life = await watched();
      expect(life.agent.restoreWatcher(record)).toBe(true);
    }
    expect(numbers.length).toBeGreaterThan(700);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
  });

  it('is not taken up when its time is over, or its package is gone', async () => {
    const { agent, notice, watcher, clock } = await watched();
    subscribeTo(watcher, DOOR, { event: 'notice' });
    deliver(clock);
    const [record] = [...notice.kept.values()];
    if (record === undefined) throw new Error('nothing was kept');
    expect(agent.restoreWatcher({ ...record, until: clock.wall().getTime() })).toBe(false);
    expect(agent.restoreWatcher({ ...record, event: 'elsewhere' })).toBe(false);
  });

  it('is forgotten when the watcher leaves', async () => {
    const { notice, watcher, clock } = await watched();
    subscribeTo(watcher, DOOR, { event: 'notice' });
    deliver(clock);
    const toTag = watcher.response('SUBSCRIBE').toTag ?? '';
    subscribeTo(watcher, DOOR, { event: 'notice', sequence: 2, expires: '0', toTag });
    deliver(clock);
    expect(notice.kept.size).toBe(0);
  });
});
