// The far end of every measured call: a phone that is as quick and as plain as can be. One SIP port, one RTP port; it
// knows only the messages that a measurement needs.

import { randomBytes } from 'node:crypto';
import { Inbox } from './stamper.mjs';

/** SDES key of what it sends, where a call is encrypted. */
const KEY = Buffer.from('bench key and salt of the phone'.slice(0, 30));

export class Phone {
  /** Requests and responses: `{ at, from, text, method | status, header(name) }`. */
  requests = new Inbox();
  responses = new Inbox();

  static async open(stamper, { address, port, rtpPort, user = 'phone' }) {
    const phone = new Phone();
    Object.assign(phone, { address, port, rtpPort, user });
    phone.sip = await stamper.udp(address, port);
    phone.rtp = await stamper.udp(address, rtpPort);
    phone.sip.received.watch((datagram) => phone.#take(datagram));
    return phone;
  }

  get uri() {
    return `sip:${this.user}@${this.address}:${this.port}`;
  }

  /** Answers a request. @returns when it was sent */
  async respond(request, status, { reason = 'OK', headers = [], body = '' } = {}) {
    const copied = request.text.split('\r\n').filter((line) => /^(via|from|call-id|cseq|record-route):/i.test(line));
    const to = request.header('To');
    const tag = status === 100 || to.includes(';tag=') ? '' : `;tag=phone${request.header('CSeq').split(' ')[0]}`;
    const head = [`SIP/2.0 ${status} ${reason}`, ...copied, `To: ${to}${tag}`, ...headers];
    return await this.sip.send(this.#message([...head, `Contact: <${this.uri}>`], body), request.from);
  }

  /** Grants a registration for ten minutes. */
  async register(request) {
    await this.respond(request, 200, { headers: [`Contact: ${request.header('Contact')};expires=600`] });
  }

  /** Takes an incoming call with 180 and 200. @returns the call, `answeredAt` */
  async answer(invite) {
    const encrypted = invite.text.includes('RTP/SAVP');
    const body = this.#sdp(encrypted);
    const answeredAt = await this.respond(invite, 200, { headers: ['Content-Type: application/sdp'], body });
    const call = new PhoneCall(this, {
      to: invite.from,
      target: /<([^>]+)>/.exec(invite.header('Contact'))?.[1] ?? invite.header('Contact'),
      callId: invite.header('Call-ID'),
      local: `${invite.header('To')};tag=phone${invite.header('CSeq').split(' ')[0]}`,
      remote: invite.header('From'),
      sdp: invite.text,
      encrypted,
    });
    return { call, answeredAt };
  }

  /** Calls, and acknowledges the 200. @returns the call, when INVITE went, 180 and 200 came */
  async call(uri, to, { encrypted = false } = {}) {
    const callId = randomBytes(8).toString('hex');
    const local = `<${this.uri}>;tag=${randomBytes(4).toString('hex')}`;
    const head = [`INVITE ${uri} SIP/2.0`, this.#via(), `From: ${local}`, `To: <${uri}>`, `Call-ID: ${callId}`];
    const rest = ['CSeq: 1 INVITE', `Contact: <${this.uri}>`, 'Max-Forwards: 70', 'Content-Type: application/sdp'];
    const invitedAt = await this.sip.send(this.#message([...head, ...rest], this.#sdp(encrypted)), to);
    const mine = (response) => response.header('Call-ID') === callId;
    const ringing = this.responses.next('180', (response) => mine(response) && response.status === 180);
    const answer = await this.responses.next('200', (response) => mine(response) && response.status >= 200);
    if (answer.status !== 200) throw new Error(`${uri} answers ${answer.status}`);
    const call = new PhoneCall(this, {
      to,
      target: /<([^>]+)>/.exec(answer.header('Contact'))?.[1] ?? answer.header('Contact'),
      callId,
      local,
      remote: answer.header('To'),
      sdp: answer.text,
      encrypted,
    });
    await call.send('ACK', 1);
    // A 180 that came at all came before the 200.
    const rang = await Promise.race([ringing, Promise.resolve(undefined)]).catch(() => undefined);
    ringing.catch(() => undefined);
    return { call, invitedAt, rangAt: rang?.at, acceptedAt: answer.at };
  }

  async close() {
    await this.sip.close();
    await this.rtp.close();
  }

  request(lines) {
    return this.#message([lines[0], this.#via(), ...lines.slice(1), 'Max-Forwards: 70'], '');
  }

  #via() {
    return `Via: SIP/2.0/UDP ${this.address}:${this.port};rport;branch=z9hG4bK${randomBytes(8).toString('hex')}`;
  }

  #message(lines, body) {
    return [...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
  }

  #sdp(encrypted) {
    const lines = ['v=0', `o=phone 1 1 IN IP4 ${this.address}`, 's=-', `c=IN IP4 ${this.address}`, 't=0 0'];
    lines.push(`m=audio ${this.rtpPort} ${encrypted ? 'RTP/SAVP' : 'RTP/AVP'} 8 101`, 'a=rtpmap:8 PCMA/8000');
    lines.push('a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=ptime:20', 'a=sendrecv');
    if (encrypted) lines.push(`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${KEY.toString('base64')}`);
    return `${lines.join('\r\n')}\r\n`;
  }

  #take({ at, from, data }) {
    const text = data.toString('latin1');
    const response = /^SIP\/2\.0 (\d{3})/.exec(text);
    const header = (name) => new RegExp(`^${name}[ \\t]*:[ \\t]*(.*)$`, 'im').exec(text)?.[1]?.trim() ?? '';
    if (response !== null) this.responses.push({ at, from, text, header, status: Number(response[1]) });
    else this.requests.push({ at, from, text, header, method: text.split(' ')[0] });
  }
}

/** An answered call. */
class PhoneCall {
  constructor(phone, dialog) {
    Object.assign(this, dialog);
    this.phone = phone;
    this.sequence = 1;
    const [, host] = /^c=IN IP4 (\S+)/m.exec(dialog.sdp) ?? [];
    const [, port] = /^m=audio (\d+)/m.exec(dialog.sdp) ?? [];
    /** Where the other side wants its RTP. */
    this.media = { address: host, port: Number(port) };
    this.eventPayloadType = Number(/^a=rtpmap:(\d+) telephone-event/m.exec(dialog.sdp)?.[1] ?? 101);
  }

  /** Sends a request inside of the dialog. */
  async send(method, sequence) {
    const lines = [`${method} ${this.target} SIP/2.0`, `From: ${this.local}`, `To: ${this.remote}`];
    const text = this.phone.request([...lines, `Call-ID: ${this.callId}`, `CSeq: ${sequence} ${method}`]);
    return await this.phone.sip.send(text, this.to);
  }

  /** Ends the call and waits for the 200. */
  async hangup() {
    this.sequence += 1;
    await this.send('BYE', this.sequence);
    const own = (response) => response.header('CSeq') === `${this.sequence} BYE`;
    await this.phone.responses.next(
      '200 to BYE',
      (response) => own(response) && response.header('Call-ID') === this.callId,
    );
  }

  /** Sends voice until `phone.rtp.stopRtp`. */
  async speak(options = {}) {
    await this.phone.rtp.startRtp({ to: this.media, ...(this.encrypted ? { key: KEY } : {}), ...options });
  }
}
