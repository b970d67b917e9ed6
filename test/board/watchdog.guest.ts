// The board's watchdog, softdog: fed while the door is alive, asleep when it has ended in peace, and biting when its event
// loop has stopped. Then the kernel starts the board anew, and this program with it: what is left of the first time stands
// in a file of the host's.

import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { PCMA } from '../interop/rig/rtp.ts';
import { UdpPhone } from '../support/udp-phone.ts';
import { Door, elapse, expect, scenario, tell } from './guest.ts';

/** softdog.soft_margin, as board.test.ts has it. */
const MARGIN_MS = 10_000;
const DEVICE = '/dev/watchdog';
/** How long the board has lived since the service was stopped: written until it lives no more. */
const LAST_WORDS = `${process.env.HOST_FOLDER}/last-words`;

const phone = await UdpPhone.plug('127.0.0.1', 5070);
const door = new Door(`
name: Front door
board: virtual
audio: { device: virtual }
watchdog: ${DEVICE}
sip: { listen: [ "udp:127.0.0.1:5060" ] }
buttons: { front: { line: button, call: [ "${phone.uri}" ] } }
`);

/** @returns the kernel's word for why it cannot be opened; left open it would run */
function refusal(): string | undefined {
  try {
    closeSync(openSync(DEVICE, 'w'));
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
  }
  return undefined;
}

const before = {
  'the service takes the watchdog': async () => {
    await door.start();
    expect('for another one', refusal(), 'EBUSY');
    expect('faults', door.faults(), []);
  },

  'it is fed: the board lives for longer than it waits': async () => {
    await elapse(3 * MARGIN_MS);
  },

  'ended in peace the service leaves it asleep': async () => {
    expect('exit code', await door.kill('SIGTERM'), 0);
    await elapse(3 * MARGIN_MS);
    await door.start();
  },

  'its event loop stopped, it bites': async () => {
    process.kill(door.pid, 'SIGSTOP');
    const stoppedAt = performance.now();
    while (performance.now() - stoppedAt < 4 * MARGIN_MS) {
      writeFileSync(LAST_WORDS, String(performance.now() - stoppedAt));
      await elapse(250);
    }
    throw new Error('the board lives on');
  },
};

const after = {
  'the board is started anew in its time, and rings': async () => {
    const livedMs = Math.round(Number(readFileSync(LAST_WORDS, 'utf8')));
    // It was fed at most a second before; a kernel on a machine that others use may be late.
    if (livedMs < MARGIN_MS - 2_000 || livedMs > 2 * MARGIN_MS) throw new Error(`it lived for ${livedMs} ms`);
    await door.start();
    await door.execute('press', { button: 'front' });
    const talk = await phone.takeCall({ format: PCMA });
    await talk.hangup();
    await door.saw('call.ended', ({ reason }) => reason === 'hangup-remote');
    expect('exit code', await door.kill('SIGTERM'), 0);
    phone.unplug();
    return { livedMs };
  },
};

if (existsSync(LAST_WORDS)) tell({ step: 'its event loop stopped, it bites', ok: true });
await scenario(existsSync(LAST_WORDS) ? after : before);
