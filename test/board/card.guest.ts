// The sound card goes away while they talk, and comes back; and a press when there is none.

import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { PCMA } from '../interop/rig/rtp.ts';
import { type PhoneCall, UdpPhone } from '../support/udp-phone.ts';
import { Door, elapse, expect, scenario, Visitor } from './guest.ts';
import { assertHeard, played, residentVoice, shares, TALK_MS } from './voices.ts';

const DRIVER = '/sys/bus/platform/drivers/snd_aloop';
const AWAY_MS = 4_000;
const SETTLE_MS = 2_000;

/** As somebody does who pulls out its plug; the kernel is done with it when everybody has closed it. */
const pullOut = (): Promise<void> => writeFile(`${DRIVER}/unbind`, 'snd_aloop.0');
const plugIn = (): Promise<void> => writeFile(`${DRIVER}/bind`, 'snd_aloop.0');

const phone = await UdpPhone.plug('127.0.0.1', 5070);
const door = new Door(`
name: Front door
board: virtual
audio: { device: "alsa:card=loopback" }
sip: { listen: [ "udp:127.0.0.1:5060" ] }
buttons: { front: { line: button, call: [ "${phone.uri}" ] } }
doors: { main: { relay: relay, openFor: 1s, code: "42#" } }
`);

let visitor = new Visitor('visitor.en');
let talk: PhoneCall;

async function call(): Promise<PhoneCall> {
  const from = phone.messages.mark;
  await door.execute('press', { button: 'front' });
  return await phone.takeCall({ format: PCMA, voice: residentVoice }, from);
}

/** How often the door's threads that have to do with sound have gone to sleep so far (proc(5)). */
function sleeps(): number {
  const threads = `/proc/${door.pid}/task`;
  return readdirSync(threads)
    .filter((thread) => readFileSync(`${threads}/${thread}/comm`, 'utf8').startsWith('doorphone-'))
    .map(
      (thread) => /^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`${threads}/${thread}/status`, 'utf8'))?.[1],
    )
    .reduce((sum, count) => sum + Number(count), 0);
}

/** Milliseconds of the processor that the service has had: user and system (proc(5), fields 14 and 15; ticks of 10 ms). */
function processorMs(): number {
  const stat = readFileSync(`/proc/${door.pid}/stat`, 'utf8');
  const fields = stat.replace(/^.*\) /, '').split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Lets time pass. @returns the share of the processor that the service had meanwhile */
async function shareIn(ms: number): Promise<number> {
  const [began, had] = [performance.now(), processorMs()];
  await elapse(ms);
  return Number(((processorMs() - had) / (performance.now() - began)).toFixed(3));
}

let usualShare = 0;

await scenario({
  'they talk': async () => {
    await door.start();
    talk = await call();
    visitor.listenAnew();
    usualShare = await shareIn(TALK_MS);
    const facts = { phone: shares(played(talk.rtp.arrivals.items)), door: shares(visitor.heard()), usualShare };
    assertHeard(facts);
    return facts;
  },

  'the card is gone: it is said, the call stays, nothing spins': async () => {
    const mark = door.mark;
    await pullOut();
    visitor.leave();
    const { what } = await door.saw('fault', () => true, mark);
    await door.saw('audio.lost', () => true, mark);
    const share = await shareIn(AWAY_MS);
    // To look for a card costs this slow board something, once a second; what spins takes all that there is.
    if (share > usualShare + 0.5) throw new Error(`it takes ${share} of the processor, and ${usualShare} with a card`);
    expect('faults', door.faults(mark).length, 1);
    expect('ended', door.events.slice(mark).filter(({ event }) => event === 'call.ended').length, 0);
    // The phone still gets its packets: silence.
    await talk.rtp.hears();
    return { what, share };
  },

  'the card is back: each hears the other again': async () => {
    const mark = door.mark;
    const began = performance.now();
    await plugIn();
    visitor = new Visitor('visitor.en');
    await door.saw('audio.found', () => true, mark);
    const backMs = Math.round(performance.now() - began);
    // The programs at the card's other end take this board's processor until they run.
    await elapse(SETTLE_MS);
    const from = talk.rtp.arrivals.mark;
    visitor.listenAnew();
    await elapse(TALK_MS);
    const facts = { phone: shares(played(talk.rtp.arrivals.items.slice(from))), door: shares(visitor.heard()), backMs };
    await talk.hangup();
    assertHeard(facts);
    return facts;
  },

  'while nobody talks the card sleeps': async () => {
    await elapse(SETTLE_MS);
    const before = sleeps();
    await elapse(AWAY_MS);
    // Fifty turns a second would be two hundred; it is looked at each second, for a fault and by who would open it anew.
    const facts = { sleeps: sleeps() - before };
    if (facts.sleeps > 20) throw new Error(`it is not left alone: ${facts.sleeps}`);
    return facts;
  },

  'without a card a press rings all the same, and the code opens': async () => {
    visitor.leave();
    const mark = door.mark;
    // A card that sleeps is missed as well.
    await pullOut();
    await door.saw('fault', () => true, mark);
    talk = await call();
    talk.rtp.press('42#');
    await door.saw('door.opened', ({ by }) => by === phone.uri, mark);
    await talk.rtp.hears();
    await talk.hangup();
    await door.saw('call.ended', ({ reason }) => reason === 'hangup-remote', mark);
  },

  'started without a card it says so, and rings': async () => {
    expect('exit code', await door.kill('SIGTERM'), 0);
    const mark = door.mark;
    await door.start();
    const { what } = await door.saw('fault', (fault) => String(fault.what).includes('loopback'), mark);
    // The other card of this board is no substitute, but worth naming.
    expect('names the cards', String(what).includes('there are Dummy'), true);
    talk = await call();
    await talk.rtp.hears();
    await plugIn();
    await door.saw('media.device-back', () => true, mark);
    await talk.hangup();
    return { what };
  },

  'it ends in time': async () => {
    expect('exit code', await door.kill('SIGTERM'), 0);
    phone.unplug();
  },
});
