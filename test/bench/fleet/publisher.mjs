// Tells a presence server of other makers' what the doors' profiles are: a PUBLISH for each (RFC 3903), and the next one
// changes what the last has said.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { macOf } from './doors.mjs';
import { readMessage, writeMessage } from './sip-text.mjs';

const T1 = 500;
const PATIENCE = 120_000;

export class Publisher {
  refused = new Map();
  #tags = new Map();
  #open = new Map();
  #round = 0;

  constructor({ count, local, server }) {
    Object.assign(this, { count, local, server });
  }

  async open() {
    this.socket = createSocket('udp4');
    this.socket.bind(this.local.port, this.local.address);
    await once(this.socket, 'listening');
    this.socket.on('message', (data) => this.#receive(readMessage(data)));
  }

  close() {
    for (const timer of this.#open.values()) clearTimeout(timer);
    this.socket.close();
  }

  /** Publishes for every door, `atOnce` at a time. @returns seconds until the last was taken */
  async publishAll(atOnce) {
    const begun = performance.now();
    this.#round += 1;
    let next = 0;
    while (next < this.count || this.#open.size > 0) {
      if (performance.now() - begun > PATIENCE) throw new Error(`${this.#open.size} publications are not answered`);
      while (next < this.count && this.#open.size < atOnce) {
        this.#publish(next);
        next += 1;
      }
      await new Promise((done) => {
        this.wake = done;
        setTimeout(done, 20);
      });
    }
    return (performance.now() - begun) / 1000;
  }

  #publish(index) {
    const { address, port } = this.server;
    const resource = `sip:urn%3auuid%3a00000000-0000-1000-8000-${macOf(index)}@${address}:${port}`;
    const tag = this.#tags.get(index);
    const id = `${index}-${this.#round}`;
    const hash = this.#round.toString(16).padStart(40, '0');
    const url = `https://boot.example.com/0123456789abcdef0123456789abcdef/${macOf(index)}.yaml`;
    const data = writeMessage(
      `PUBLISH ${resource} SIP/2.0`,
      [
        `Via: SIP/2.0/UDP ${this.local.address}:${this.local.port};branch=z9hG4bKp${id};rport`,
        'Max-Forwards: 70',
        `From: <sip:publisher@${address}>;tag=p${id}`,
        `To: <${resource}>`,
        `Call-ID: ${id}@publisher`,
        'CSeq: 1 PUBLISH',
        'Event: ua-profile',
        'Expires: 3600',
        ...(tag === undefined ? [] : [`SIP-If-Match: ${tag}`]),
        `Content-Type: message/external-body;access-type="URL";URL="${url}";size=500;hash=${hash}`,
      ],
      `Content-Type: application/yaml\r\nContent-ID: <${macOf(index)}-${this.#round}@profile>\r\n\r\n`,
    );
    this.#send(id, data, T1);
  }

  #send(id, data, wait) {
    this.socket.send(data, this.server.port, this.server.address);
    this.#open.set(
      id,
      setTimeout(() => this.#send(id, data, 2 * wait), wait),
    );
  }

  #receive({ status, get }) {
    const id = get('call-id').split('@')[0];
    const timer = this.#open.get(id);
    if (status === undefined || status < 200 || timer === undefined) return;
    clearTimeout(timer);
    this.#open.delete(id);
    if (status < 300) this.#tags.set(Number.parseInt(id, 10), get('sip-etag'));
    else this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
    this.wake?.();
  }
}
