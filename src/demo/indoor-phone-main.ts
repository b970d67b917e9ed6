// The indoor phone's process: orders in its first argument, lines of JSON on standard output. It ends when its standard
// input does, so it never outlives the demonstration.

import { SystemClock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { SystemRandom } from '../base/random.ts';
import { IndoorPhone } from './indoor-phone.ts';
import type { PhoneLine, PhoneOrders } from './phone-process.ts';

function say(line: PhoneLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function readOrders(text: string): PhoneOrders {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new TypeError('no orders');
  const fields: { readonly [name: string]: unknown } = { ...value };
  const { voice, recording, digits } = fields;
  if (typeof recording !== 'string' || typeof digits !== 'string') throw new TypeError('incomplete orders');
  return { voice: typeof voice === 'string' ? voice : undefined, recording, digits };
}

try {
  const orders = readOrders(process.argv[2] ?? '');
  const phone = new IndoorPhone(orders, { clock: new SystemClock(), random: new SystemRandom(), say });
  process.stdin.on('end', () => {
    void phone.stop().then(() => process.exit(0));
  });
  process.stdin.resume();
  // The terminal's Ctrl-C reaches the whole group; the demonstration decides when the phone ends.
  process.on('SIGINT', () => undefined);
  await phone.start();
} catch (thrown) {
  say({ type: 'failed', what: describeError(thrown) });
  process.exitCode = 1;
}
