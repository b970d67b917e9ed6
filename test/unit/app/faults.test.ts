import { describe, expect, it } from 'vitest';
import { Journal } from '../../../src/api/journal.ts';
import { Faults } from '../../../src/app/faults.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

describe('Faults', () => {
  it('says a fault once while it lasts, and again when it comes back', () => {
    const log = new RecordingLog();
    const journal = new Journal(new FakeClock(), log);
    const faults = new Faults(journal, log);
    faults.begin('sound', 'the sound card is gone', 'plug it in');
    faults.begin('sound', 'the sound card is gone', 'plug it in');
    expect(faults.list).toEqual(['the sound card is gone']);
    faults.end('sound');
    faults.end('sound');
    expect(faults.list).toEqual([]);
    faults.begin('sound', 'the sound card is gone', 'plug it in');
    expect(journal.recent.filter((event) => event.type === 'fault')).toHaveLength(2);
    expect(log.lines.filter((line) => line.event === 'fault.over')).toHaveLength(1);
  });
});
