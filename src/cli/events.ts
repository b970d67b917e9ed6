// `doorphone events`: what happened, and with `--follow` what happens, until its reader goes away.

import type { DoorphoneEvent } from '../api/events.ts';
import { ControlClient } from '../control/client.ts';
import type { Invocation } from './arguments.ts';
import type { Surroundings } from './io.ts';
import { socketPath } from './paths.ts';
import { localTime, printable } from './printable.ts';

/** @throws DoorphoneError when no service answers, or it goes away while it is followed */
export async function showEvents({ json, follow, ...invocation }: Invocation, around: Surroundings): Promise<number> {
  const { out } = around;
  const client = await ControlClient.connect(socketPath(invocation, around.environment), around.clock);
  out.onClose(() => client.close());
  try {
    await client.events(follow, (event) => {
      if (!out.closed) out.write(`${json ? JSON.stringify(event) : formatEvent(event)}\n`);
    });
    return 0;
  } finally {
    client.close();
  }
}

/** As wide as most types of event. */
const TYPE_WIDTH = 20;

/** One aligned line: local time, type, the fields in the order of the event. */
export function formatEvent(event: DoorphoneEvent): string {
  const { time, type, ...fields } = event;
  const pairs = Object.entries(fields).map(([name, value]) => `${printable(name)}=${formatValue(value)}`);
  return [localTime(time), printable(type).padEnd(TYPE_WIDTH), ...pairs].join('  ').trimEnd();
}

function formatValue(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"]+$/.test(value)) return printable(value);
  return printable(JSON.stringify(value) ?? '');
}
