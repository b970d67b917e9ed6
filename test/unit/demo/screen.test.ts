import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { render, type ScreenView } from '../../../src/demo/screen.ts';

const view: ScreenView = {
  state: 'idle',
  open: false,
  call: undefined,
  phone: 'waits',
  broker: '127.0.0.1:1883',
  events: Array.from({ length: 100 }, (_, index) => ({ text: `event ${index}`, step: index % 2 === 0 })),
  messages: Array.from({ length: 100 }, (_, index) => `message ${index} ${'x'.repeat(300)}`),
  notice: '',
};

const plain = (lines: readonly string[]): string[] => lines.map((line) => stripVTControlCharacters(line));

describe('the screen', () => {
  it.each([
    [80, 24],
    [40, 12],
    [200, 60],
  ])('fits %d columns and %d rows', (columns, rows) => {
    const lines = plain(render(view, columns, rows));
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
  });

  it('shows the latest events and messages, and what to press', () => {
    const text = plain(render(view, 100, 30)).join('\n');
    expect(text).toContain('event 99');
    expect(text).toContain('message 99');
    expect(text).toMatch(/Enter .*rings.* o .*opens.* h .*hangs up.* q .*quits/);
    expect(text).toContain('waiting for a visitor');
  });

  it('shows an open door and a call', () => {
    const text = plain(render({ ...view, state: 'talking', open: true, call: 'sip:phone@127.0.0.1' }, 100, 30)).join(
      '\n',
    );
    expect(text).toContain('talking, open');
    expect(text).toContain('sip:phone@127.0.0.1');
  });
});
