// A call by the sound card of the kernel: what the visitor says comes to the phone, and what the phone says to the visitor.

import { PCMA } from '../interop/rig/rtp.ts';
import { type PhoneCall, UdpPhone } from '../support/udp-phone.ts';
import { Door, elapse, expect, scenario, Visitor } from './guest.ts';
import { assertHeard, played, residentVoice, shares, TALK_MS } from './voices.ts';

const phone = await UdpPhone.plug('127.0.0.1', 5070);
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
  await door.execute('press', { button: 'front' });
  return await phone.takeCall({ format: PCMA, voice: residentVoice }, from);
}

let talk: PhoneCall;

await scenario({
  'the service starts, and takes its sound card': async () => {
    await door.start();
    expect('faults', door.faults(), []);
  },

  'a press rings the phone': async () => {
    talk = await call();
    await door.saw('call.answered');
  },

  'each hears the other through the sound card': async () => {
    visitor.listenAnew();
    await elapse(TALK_MS);
    const facts = { phone: shares(played(talk.rtp.arrivals.items)), door: shares(visitor.heard()) };
    assertHeard(facts);
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
    assertHeard({ door: shares(visitor.heard()) });
    expect('faults', door.faults(mark), []);
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
