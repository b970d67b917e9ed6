// A call by the sound card of the kernel: what the visitor says comes to the phone, and what the phone says to the visitor.

import { PCMA } from '../interop/rig/rtp.ts';
import { findVoice, loadSpeech, type Sound } from '../support/audio-analysis.ts';
import { decode, encodeALaw } from '../support/g711.ts';
import { type PhoneCall, UdpPhone } from '../support/udp-phone.ts';
import { Door, elapse, expect, scenario, Visitor } from './guest.ts';

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');
/** What one voice must reach, and what the other may not: see test/unit/support/audio-analysis.test.ts. */
const HEARD = 0.6;
const NOT_HEARD = 0.3;
/** Two windows of the comparison, and what the jitter buffer needs. */
const TALK_MS = 5_000;

const phone = await UdpPhone.plug('127.0.0.1', 5070);
const voice = encodeALaw(RESIDENT);
const visitor = new Visitor('visitor.en');
const door = new Door(`
name: Front door
board: virtual
audio: { device: "alsa:hw:Loopback,0" }
sip: { listen: [ "udp:127.0.0.1:5060" ] }
buttons: { front: { line: button, call: [ "${phone.uri}" ] } }
doors: { main: { relay: relay, openFor: 1s, code: "42#" } }
`);

/** Presses, and answers what rings then. */
async function call(): Promise<PhoneCall> {
  const from = phone.messages.mark;
  door.command('press');
  return await phone.takeCall({ format: PCMA, voice }, from);
}

function share(sound: Sound, said: Sound): number {
  return Number(findVoice(sound, said).correlation.toFixed(3));
}

let talk: PhoneCall;

await scenario({
  'the service starts, and takes its sound card': async () => {
    await door.start();
    expect(
      'faults',
      door.events.filter(({ event }) => event === 'fault'),
      [],
    );
  },

  'a press rings the phone': async () => {
    talk = await call();
    await door.saw('call.answered');
  },

  'each hears the other through the sound card': async () => {
    visitor.listenAnew();
    await elapse(TALK_MS);
    const [atPhone, atDoor] = [decode(talk.rtp.arrivals.items), visitor.heard()];
    const facts = {
      visitorAtPhone: share(atPhone, VISITOR),
      residentAtPhone: share(atPhone, RESIDENT),
      residentAtDoor: share(atDoor, RESIDENT),
      visitorAtDoor: share(atDoor, VISITOR),
    };
    const right = facts.visitorAtPhone > HEARD && facts.residentAtDoor > HEARD;
    const wrong = facts.residentAtPhone > NOT_HEARD || facts.visitorAtDoor > NOT_HEARD;
    if (!right || wrong) throw new Error(JSON.stringify(facts));
    return facts;
  },

  'the phone hangs up': async () => {
    await talk.hangup();
    expect('reason', (await door.saw('call.ended')).reason, 'hangup-remote');
  },

  'killed in a call, it starts again and calls again': async () => {
    talk = await call();
    await talk.rtp.hears();
    expect('end', await door.kill('SIGKILL'), 'SIGKILL');
    talk.rtp.unplug();
    const mark = door.mark;
    await door.start();
    talk = await call();
    visitor.listenAnew();
    await elapse(TALK_MS);
    const heard = share(visitor.heard(), RESIDENT);
    if (heard < HEARD) throw new Error(`the resident is not heard: ${heard}`);
    expect(
      'faults',
      door.events.slice(mark).filter(({ event }) => event === 'fault'),
      [],
    );
  },

  'it ends in time': async () => {
    const began = performance.now();
    const [end] = await Promise.all([door.kill('SIGTERM'), talk.hungUp()]);
    expect('exit code', end, 0);
    visitor.leave();
    phone.unplug();
    return { ms: Math.round(performance.now() - began) };
  },
});
