import { describe, expect, it } from 'vitest';
import { type Configuration, compareConfigurations } from '../../../src/config/index.ts';
import { parse, SMALL } from './support.ts';

function configuration(text: string): Configuration {
  const outcome = parse(text);
  if (outcome.configuration === undefined) throw new Error(JSON.stringify(outcome.faults));
  return outcome.configuration;
}

describe('what a reload changes', () => {
  it('is nothing between two readings of one file', () => {
    const text = `${SMALL}doors: { main: { relay: relay, code: "4711" } }`;
    expect(compareConfigurations(configuration(text), configuration(text))).toEqual([]);
  });

  it('names each key, and whether it waits for a restart', () => {
    const before = configuration(`${SMALL}doors: { main: { relay: relay, code: "4711" } }`);
    const after = configuration(
      `${SMALL.replace('101', '102')}doors: { main: { relay: relay, code: "4712" }, garage: { relay: relay2 } }
audio: { device: virtual }
calls: { ringFor: 20s }
sip: { listen: [ "udp:0.0.0.0:5080" ] }
`,
    );
    expect(compareConfigurations(before, after)).toEqual([
      { key: 'sip.listen', requiresRestart: true },
      { key: 'audio.device', requiresRestart: true },
      { key: 'calls.ringFor', requiresRestart: false },
      { key: 'buttons.front.call', requiresRestart: false },
      { key: 'doors.main.code', requiresRestart: false },
      { key: 'doors.garage', requiresRestart: false },
    ]);
  });

  it('shows no secret', () => {
    const one = configuration(`${SMALL}doors: { main: { relay: relay, code: "4711" } }`);
    const other = configuration(`${SMALL}doors: { main: { relay: relay, code: "4712" } }`);
    expect(JSON.stringify(compareConfigurations(one, other))).not.toMatch(/471/);
  });
});
