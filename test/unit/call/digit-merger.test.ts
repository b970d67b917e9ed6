import { describe, expect, it } from 'vitest';
import { DigitMerger } from '../../../src/call/digit-merger.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** Plays `via digit` words with pauses in milliseconds between; answers with the digits that count. */
function play(script: string): string {
  const clock = new FakeClock();
  const merger = new DigitMerger(clock);
  let counted = '';
  for (const word of script.split(' ')) {
    const [, via, digit] = /^(rtp|info):(.)$/.exec(word) ?? [];
    if (digit === undefined) clock.advance(Number(word));
    else if (merger.isNew({ digit, via: via === 'rtp' ? 'rtp' : 'info' })) counted += digit;
  }
  return counted;
}

describe('DigitMerger', () => {
  it.each([
    ['one way alone, RTP', 'rtp:4 100 rtp:2 100 rtp:#', '42#'],
    ['one way alone, INFO', 'info:4 100 info:2 100 info:#', '42#'],
    ['the same key twice in RTP', 'rtp:1 60 rtp:1 60 rtp:1', '111'],
    ['the same key twice in INFO', 'info:1 10 info:1', '11'],
    ['both ways, RTP first', 'rtp:4 40 info:4 60 rtp:2 40 info:2', '42'],
    ['both ways, INFO first', 'info:4 40 rtp:4 60 info:2 40 rtp:2', '42'],
    ['both ways, INFO late by one retransmission', 'rtp:4 100 rtp:2 400 info:4 100 info:2', '42'],
    ['both ways, doubled keys', 'rtp:1 50 rtp:1 30 info:1 50 info:1', '11'],
    ['both ways, one RTP event lost', 'info:1 300 info:1 40 rtp:1', '11'],
    ['one way, then long after the other', 'rtp:5 5000 info:5', '55'],
    ['different keys are never echoes', 'rtp:5 10 info:6', '56'],
  ])('%s', (_name, script, counted) => expect(play(script)).toBe(counted));
});
