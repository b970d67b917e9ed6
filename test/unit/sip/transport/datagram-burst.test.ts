// What a server sends while it does one thing leaves together.

import { describe, expect, it } from 'vitest';
import { DatagramBurst } from '../../../../src/sip/transport/datagram-burst.ts';

function burst() {
  const planned: (() => void)[] = [];
  const sent: string[] = [];
  const made = new DatagramBurst<string>(
    (run) => planned.push(run),
    (datagram) => sent.push(datagram),
  );
  return { planned, sent, made };
}

describe('a burst', () => {
  it('leaves in its order when what makes it is done, and is planned once', () => {
    const { planned, sent, made } = burst();
    for (const datagram of ['a', 'b', 'c']) made.add(datagram);
    expect([sent, planned.length]).toEqual([[], 1]);
    planned.shift()?.();
    expect(sent).toEqual(['a', 'b', 'c']);
    made.add('d');
    expect(planned).toHaveLength(1);
    planned.shift()?.();
    expect(sent).toEqual(['a', 'b', 'c', 'd']);
  });

  it('leaves at once where its socket is closed, and nothing of it twice', () => {
    const { planned, sent, made } = burst();
    made.add('last');
    made.flush();
    for (const run of planned) run();
    expect(sent).toEqual(['last']);
  });

  it('takes what sending leads to into the next', () => {
    const planned: (() => void)[] = [];
    const sent: string[] = [];
    const made: DatagramBurst<string> = new DatagramBurst(
      (run) => planned.push(run),
      (datagram) => {
        sent.push(datagram);
        if (datagram === 'question') made.add('answer');
      },
    );
    made.add('question');
    planned[0]?.();
    expect([sent, planned.length]).toEqual([['question'], 2]);
    planned[1]?.();
    expect(sent).toEqual(['question', 'answer']);
  });
});
