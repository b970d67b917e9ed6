// A call on a network that loses one datagram in twenty and holds the others up for ten to seventy milliseconds.

import { execFileSync } from 'node:child_process';
import { PCMA } from '../interop/rig/rtp.ts';
import { excerpt } from '../support/audio-analysis.ts';
import { type PhoneCall, UdpPhone } from '../support/udp-phone.ts';
import { Door, elapse, expect, scenario, Visitor } from './guest.ts';
import { assertHeard, counted, played, residentVoice, shares } from './voices.ts';

const LOSS = 0.05;
/** Some six hundred packets each way: with 5 % lost, 12 to 48 but for once in a thousand times. */
const TALK_MS = 12_000;
/** A finger on a key, and between two keys. */
const KEY_MS = 160;

const phone = await UdpPhone.plug('127.0.0.1', 5070);
phone.persist();
const visitor = new Visitor('visitor.en');
const door = new Door(`
name: Front door
board: virtual
audio: { device: "alsa:hw:Loopback,0" }
sip: { listen: [ "udp:127.0.0.1:5060" ] }
buttons: { front: { line: button, call: [ "${phone.uri}" ] } }
doors: { main: { relay: relay, openFor: 1s, code: "42#" } }
`);

let talk: PhoneCall;

/** @throws Error unless that many are about what the network loses */
function assertLost(what: string, { sent, lost }: { readonly sent: number; readonly lost: number }): void {
  const share = lost / sent;
  if (!(share > 0.2 * LOSS && share < 2.2 * LOSS)) throw new Error(`${what}: ${lost} of ${sent} lost`);
}

await scenario({
  'the network is a bad one': async () => {
    await door.start();
    const words = ['qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'limit', '10000'];
    execFileSync('tc', [...words, 'loss', `${100 * LOSS}%`, 'delay', '40ms', '30ms'], { stdio: 'inherit' });
  },

  'a press rings the phone, and they talk': async () => {
    await door.execute('press', { button: 'front' });
    talk = await phone.takeCall({ format: PCMA, voice: residentVoice });
    await door.saw('call.answered');
  },

  'its keys open the door': async () => {
    visitor.listenAnew();
    await elapse(TALK_MS);
    for (const key of '42#') {
      talk.rtp.press(key);
      await elapse(KEY_MS);
    }
    expect('by', (await door.saw('door.opened')).by, phone.uri);
    await door.saw('door.closed');
  },

  'what was lost is said when the call ends': async () => {
    await talk.hangup();
    const { media } = await door.saw('call.ended');
    const { packetsReceived = 0, packetsLost = 0, jitterMs = 0 } = isReport(media) ? media : {};
    assertLost('at the door', { sent: packetsReceived + packetsLost, lost: packetsLost });
    // Of two delays that are even between 10 and 70 ms the difference is 20 ms on average (RFC 3550 §6.4.1). A machine that
    // stands still meanwhile adds to it; counted in units of the timestamp it would be 160.
    if (jitterMs < 8 || jitterMs > 120) throw new Error(`jitter: ${jitterMs} ms`);
    return { media };
  },

  // Afterwards: to compare voices takes this board's processor for seconds, and no call has that.
  'each heard the other': () => {
    const { items } = talk.rtp.arrivals;
    const [phoneHeard, doorHeard] = [played(items), visitor.heard()].map((sound) => excerpt(sound, 2_000, 8_000));
    if (phoneHeard === undefined || doorHeard === undefined) throw new Error('nothing was heard');
    const facts = { phone: shares(phoneHeard), door: shares(doorHeard), atPhone: counted(items) };
    assertHeard(facts);
    assertLost('at the phone', facts.atPhone);
    return facts;
  },

  'it ends in time': async () => {
    expect('exit code', await door.kill('SIGTERM'), 0);
    visitor.leave();
    phone.unplug();
  },
});

function isReport(media: unknown): media is Readonly<Record<'packetsReceived' | 'packetsLost' | 'jitterMs', number>> {
  return typeof media === 'object' && media !== null && 'packetsLost' in media;
}
