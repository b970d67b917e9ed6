// Rows of the table that are about signalling: start, first and later presses, calls both ways, digits.

import { DOOR_CODE, sleep } from './subjects.mjs';

const isInvite = ({ method }) => method === 'INVITE';
const ms = (from, to) => (to - from) / 1e6;

/** Refuses a call as a busy phone does, and takes the ACK. */
async function refuse(phone, invite) {
  await phone.respond(invite, 486, { reason: 'Busy Here' });
  await phone.requests.next('ACK', ({ method }) => method === 'ACK');
}

/** Dials once. @returns ms from the command's bytes to the INVITE */
export async function dialOnce(subject, phone) {
  phone.requests.takeAll();
  subject.events.takeAll();
  const pressedAt = await subject.dial();
  const invite = await phone.requests.next('INVITE', isInvite);
  await refuse(phone, invite);
  await subject.ended();
  return ms(pressedAt, invite.at);
}

/** One press after the other, each when the last one's call is over. */
export async function measureDialling(subject, phone, count) {
  const samples = [];
  for (let done = 0; done < count; done += 1) {
    samples.push(await dialOnce(subject, phone));
    await sleep(5);
  }
  return samples;
}

/** Starts a process afresh: to its REGISTER, and, `settledMs` after that, its first press. */
export async function measureStart(subject, phone, settledMs) {
  phone.requests.takeAll();
  const startedAt = await subject.launch();
  const register = await phone.requests.next('REGISTER', ({ method }) => method === 'REGISTER');
  await phone.register(register);
  await subject.connect();
  await sleep(settledMs);
  const memory = subject.memory();
  const first = await dialOnce(subject, phone);
  const second = await dialOnce(subject, phone);
  const stopped = subject.stop();
  // What unregisters is answered, so that it need not wait.
  phone.requests
    .next('REGISTER', ({ method }) => method === 'REGISTER', 1000)
    .then((request) => phone.register(request))
    .catch(() => undefined);
  await stopped;
  return { register: ms(startedAt, register.at), first, second, memory };
}

/** From the start of a Node process that only sends a datagram, to the datagram. @returns ms */
export async function measureBareNode(stamper, phone, program, log) {
  phone.requests.takeAll();
  const { pid, at } = await stamper.start(log, [process.execPath, program, phone.address, String(phone.port)]);
  const datagram = await phone.requests.next('a datagram of Node', ({ method }) => method === 'REGISTER');
  process.kill(pid, 'SIGKILL');
  return ms(at, datagram.at);
}

/** Calls that the subject makes: from the phone's 200 to ACK and to the first packet. */
export async function measureOutgoing(subject, phone, count) {
  const samples = { acknowledged: [], media: [] };
  for (let done = 0; done < count; done += 1) {
    phone.requests.takeAll();
    phone.rtp.received.takeAll();
    await subject.dial();
    const invite = await phone.requests.next('INVITE', isInvite);
    await phone.respond(invite, 180, { reason: 'Ringing' });
    await sleep(20);
    const { call, answeredAt } = await phone.answer(invite);
    const ack = await phone.requests.next('ACK', ({ method }) => method === 'ACK');
    const packet = await phone.rtp.received.next('RTP');
    samples.acknowledged.push(ms(answeredAt, ack.at));
    samples.media.push(ms(answeredAt, packet.at));
    await endCall(subject, call);
  }
  return samples;
}

/** Calls that come in and are answered by themselves. */
export async function measureIncoming(subject, phone, count) {
  const samples = { ringing: [], accepted: [], media: [], ownMedia: [] };
  for (let done = 0; done < count; done += 1) {
    phone.responses.takeAll();
    phone.rtp.received.takeAll();
    const { call, invitedAt, rangAt, acceptedAt } = await phone.call(subject.uri, subject.endpoint);
    const packet = await phone.rtp.received.next('RTP');
    if (rangAt !== undefined) samples.ringing.push(ms(invitedAt, rangAt));
    samples.accepted.push(ms(invitedAt, acceptedAt));
    samples.media.push(ms(invitedAt, packet.at));
    samples.ownMedia.push(ms(acceptedAt, packet.at));
    await endCall(subject, call);
  }
  return samples;
}

async function endCall(subject, call) {
  await sleep(40);
  await call.hangup();
  await subject.ended();
  await sleep(20);
}

/**
 * Dials the door's code in RTP (RFC 4733), again and again.
 * @returns ms from the first packet of the code's last digit to `door.opened` at the control socket
 */
export async function measureDigits(subject, phone, count) {
  return await inCall(subject, phone, async (speaker) => {
    const samples = [];
    for (let done = 0; done < count; done += 1) {
      let lastAt = 0;
      for (const digit of DOOR_CODE) lastAt = await speaker.send(digit);
      const opened = await subject.events.next('door.opened', ({ type }) => type === 'door.opened');
      samples.push(ms(lastAt, opened.at));
      await subject.events.next('door.closed', ({ type }) => type === 'door.closed');
    }
    return samples;
  });
}

/** The same as far as baresip goes: it says a digit, and opens nothing. */
export async function measurePeerDigits(subject, phone, count) {
  return await inCall(subject, phone, async (speaker) => {
    const samples = [];
    for (let done = 0; done < count; done += 1) {
      const sentAt = await speaker.send('5');
      const heard = await subject.events.next('CALL_DTMF_START', ({ type }) => type === 'CALL_DTMF_START');
      samples.push(ms(sentAt, heard.at));
    }
    return samples;
  });
}

async function inCall(subject, phone, work) {
  const { call } = await phone.call(subject.uri, subject.endpoint);
  const speaker = new DigitSpeaker(phone, call);
  await sleep(400);
  const samples = await work(speaker);
  speaker.stop();
  await endCall(subject, call);
  return samples;
}

/** Speaks silence, and digits of 60 ms as events (RFC 4733) in its place. */
class DigitSpeaker {
  #sequence = 100;
  #timestamp = 16000;
  #packets = [];
  #timer = setInterval(() => this.#tick(), 20);

  constructor(phone, call) {
    Object.assign(this, { phone, call });
  }

  /** @returns when the first packet of the digit went, after its last one */
  async send(digit) {
    return await new Promise((resolve) => {
      let first;
      // RFC 4733 §2.5.1.4: the end is said three times, at once here; §2.5.1.2: what leads to it is updated.
      this.#packets.push(
        () => {
          first = this.#event(digit, 160, { marker: true });
        },
        () => this.#event(digit, 320, {}),
        () => {
          for (let time = 0; time < 3; time += 1) this.#event(digit, 480, { end: true });
          this.#timestamp += 480;
        },
        // Two packets of silence between digits.
        () => this.#voice(),
        () => {
          this.#voice();
          resolve(first);
        },
      );
    });
  }

  stop() {
    clearInterval(this.#timer);
  }

  #tick() {
    const send = this.#packets.shift() ?? (() => this.#voice());
    send();
  }

  #voice() {
    this.#send(8, false, Buffer.alloc(160, 0xd5));
    this.#timestamp += 160;
  }

  #event(digit, duration, { marker = false, end = false }) {
    const event = Buffer.from(['0123456789*#ABCD'.indexOf(digit), (end ? 0x80 : 0) | 10, 0, 0]);
    event.writeUInt16BE(duration, 2);
    return this.#send(this.call.eventPayloadType, marker, event);
  }

  /** Sends at once; when it went comes later. What cannot be sent is as good as lost on the way. */
  #send(payloadType, marker, payload) {
    const head = Buffer.alloc(12);
    head[0] = 0x80;
    head[1] = (marker ? 0x80 : 0) | payloadType;
    head.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    head.writeUInt32BE(this.#timestamp, 4);
    head.writeUInt32BE(0x1badcafe, 8);
    return this.phone.rtp.send(Buffer.concat([head, payload]), this.call.media).catch(() => 0);
  }
}
