import { describe, expect, it } from 'vitest';
import { CommandRegistry, refuse } from '../../../src/api/commands.ts';
import { Journal } from '../../../src/api/journal.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

describe('Journal', () => {
  it('stamps events with the time of day in milliseconds and keeps their order', () => {
    const journal = new Journal(new FakeClock(), new RecordingLog());
    journal.record('button.pressed', { button: 'front' });
    journal.record('door.closed', { door: 'main' });
    expect(journal.recent).toEqual([
      { time: '2026-01-01T00:00:00.000Z', type: 'button.pressed', button: 'front' },
      { time: '2026-01-01T00:00:00.000Z', type: 'door.closed', door: 'main' },
    ]);
  });

  it('keeps the latest thousand and no more', () => {
    const journal = new Journal(new FakeClock(), new RecordingLog());
    for (let count = 0; count < 1500; count += 1) journal.record('door.closed', { door: String(count) });
    expect(journal.recent).toHaveLength(1000);
    expect(journal.recent[0]).toMatchObject({ door: '500' });
  });

  it('tells every listener, also when one of them fails, and logs which', async () => {
    const log = new RecordingLog();
    const journal = new Journal(new FakeClock(), log);
    const heard: string[] = [];
    journal.subscribe(() => {
      throw new Error('no room');
    });
    const end = journal.subscribe((event) => heard.push(event.type));
    journal.record('door.closed', { door: 'main' });
    expect(heard).toEqual([]);
    await settle();
    end();
    journal.record('door.closed', { door: 'main' });
    await settle();
    expect(heard).toEqual(['door.closed']);
    expect(log.text).toContain('no room');
  });
});

describe('a listener of the journal', () => {
  it('hears what is said after it came, in order, also what another listener says', async () => {
    const journal = new Journal(new FakeClock(), new RecordingLog());
    const heard: string[] = [];
    journal.record('door.closed', { door: 'before' });
    journal.subscribe((event) => {
      if ('door' in event) heard.push(event.door);
      if (heard.length === 1) journal.record('door.closed', { door: 'third' });
    });
    journal.record('door.closed', { door: 'first' });
    journal.record('door.closed', { door: 'second' });
    await settle();
    expect(heard).toEqual(['first', 'second', 'third']);
  });
});

describe('CommandRegistry', () => {
  it('carries a command out and gives its result', async () => {
    const registry = new CommandRegistry();
    registry.handle('press', ({ button }, origin) => ({ ok: true, result: { button: `${button} by ${origin}` } }));
    expect(await registry.execute('press', { button: 'front' }, 'mqtt')).toEqual({
      ok: true,
      result: { button: 'front by mqtt' },
    });
  });

  it('refuses what nobody carries out', async () => {
    const outcome = await new CommandRegistry().execute('hangup', {}, 'control');
    expect(outcome).toMatchObject({ ok: false, error: { code: 'unavailable' } });
  });

  it('turns an exception into a refusal', async () => {
    const registry = new CommandRegistry();
    registry.handle('open', () => {
      throw new Error('the relay is gone');
    });
    registry.handle('hangup', () => refuse('no-call', 'there is no call'));
    expect(await registry.execute('open', {}, 'control')).toEqual(refuse('failed', 'the relay is gone'));
    expect(await registry.execute('hangup', {}, 'control')).toEqual(refuse('no-call', 'there is no call'));
  });
});
