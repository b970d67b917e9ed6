// What visitors hear: files of the house's, and tones where a file cannot be played.

import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../src/api/journal.ts';
import { Announcements } from '../../../src/app/announcements.ts';
import { Faults } from '../../../src/app/faults.ts';
import { DoorphoneError } from '../../../src/base/errors.ts';
import type { DoorSound, SoundSource } from '../../../src/media/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const TONES = { ringback: 'tone', busy: 'tone', failure: 'tone', opened: 'tone' };

/** What each sound was last, and how often it was set; files in `broken` cannot be read. */
class SoundShelf {
  readonly sounds = new Map<DoorSound, SoundSource>();
  readonly broken = new Map<string, DoorphoneError>();
  sets = 0;

  setSound(sound: DoorSound, source: SoundSource): void {
    const fault = typeof source === 'string' ? undefined : this.broken.get(source.file);
    if (fault !== undefined) throw fault;
    this.sounds.set(sound, source);
    this.sets += 1;
  }
}

let shelf: SoundShelf;
let journal: Journal;
let faults: Faults;
let announcements: Announcements;

const said = () => journal.recent.filter(({ type }) => type === 'fault');
const apply = (changed: Partial<typeof TONES>) => announcements.apply({ announcements: { ...TONES, ...changed } });

beforeEach(() => {
  const log = new RecordingLog();
  shelf = new SoundShelf();
  journal = new Journal(new FakeClock(), log);
  faults = new Faults(journal, log);
  announcements = new Announcements(shelf, faults);
});

describe('announcements', () => {
  it('are tones, with nothing to be done, where nothing is said', () => {
    apply({});
    expect(shelf.sets).toBe(0);
  });

  it('are files, or nothing, where that is said; and tones again where it no longer is', () => {
    apply({ busy: '/sounds/busy.wav', opened: 'off' });
    expect(shelf.sounds.get('busy')).toEqual({ file: '/sounds/busy.wav' });
    expect(shelf.sounds.get('opened')).toBe('off');
    apply({});
    expect(shelf.sounds.get('busy')).toBe('tone');
    expect(shelf.sounds.get('opened')).toBe('tone');
    expect(shelf.sounds.has('ringback')).toBe(false);
  });

  it('are read anew by a reload: there may be another file of that name', () => {
    apply({ failure: '/sounds/away.wav' });
    apply({ failure: '/sounds/away.wav' });
    expect(shelf.sets).toBe(2);
  });

  it('that cannot be read are one fault with key and file, and a tone; the others are as configured', () => {
    shelf.broken.set(
      '/no.wav',
      new DoorphoneError('file-not-found', '/no.wav does not exist', { mend: 'audio.input' }),
    );
    apply({ ringback: '/no.wav', opened: '/chime.wav' });
    apply({ ringback: '/no.wav', opened: '/chime.wav' });
    expect(said()).toMatchObject([
      {
        what: 'audio.announcements.ringback: /no.wav does not exist; a tone is played',
        mend: 'correct the path, then reload',
      },
    ]);
    expect(shelf.sounds.get('opened')).toEqual({ file: '/chime.wav' });
    shelf.broken.clear();
    apply({ ringback: '/no.wav' });
    expect(faults.list).toEqual([]);
    expect(shelf.sounds.get('ringback')).toEqual({ file: '/no.wav' });
  });

  it('whose file has become unreadable are tones again, and the mend is that of the file', () => {
    apply({ busy: '/busy.wav' });
    shelf.broken.set(
      '/busy.wav',
      new DoorphoneError('file-not-wav', '/busy.wav is not a WAV file', { mend: 'convert' }),
    );
    apply({ busy: '/busy.wav' });
    expect(shelf.sounds.get('busy')).toBe('tone');
    expect(said()).toMatchObject([{ mend: 'convert' }]);
  });
});
