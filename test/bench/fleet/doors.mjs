// A fleet of doors, as many to a socket as one likes: each with a hardware address and a dialog of its own. A door
// subscribes to `ua-profile`, answers NOTIFY, fetches what it names and says what it has, as src/provisioning/client does.

import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fetchProfile } from './fetch.mjs';
import { answer, readMessage, tagOf, uriOf, writeMessage } from './sip-text.mjs';

const T1 = 500;
/** RFC 3261 §17.1.2.2: 64 * T1, and no more than T2 between two. */
const PATIENCE = 64 * T1;
const T2 = 4000;
const LIFE = 86_400;
const EVENT = 'ua-profile;profile-type=device;vendor="doorphone";model="doorphone";version="1.0.0"';
const ACCEPT = 'message/external-body, application/yaml, application/json, application/url';

/** As src/provisioning/client/enrollment has them: the wait after a refusal, doubled with each, and what chance adds. */
const FIRST_WAIT = 32_000;
const SPREAD = 0.5;

export const macOf = (index) => `02${index.toString(16).padStart(10, '0')}`;

/** All doors, and what they have seen. */
export class Doors {
  /** When each NOTIFY of now was acknowledged, ms. */
  notified = [];
  /** When each profile was there, and when the server had heard so. */
  applied = [];
  reported = [];
  /** When each SUBSCRIBE went out, repetitions left out, and each that was granted. */
  asked = [];
  granted = [];
  refused = 0;
  repetitions = 0;
  fetchFailures = 0;
  /** Comes again when it is told to, and no later. */
  obedient = false;
  #doors = [];
  #sockets = [];
  #watchers = new Set();

  /**
   * @param server address, port @param local address, and port of the first socket
   * @param fetches whether what is named is fetched and reported
   */
  constructor({ count, sockets, local, server, fetches = true }) {
    Object.assign(this, { count, local, server, fetches });
    this.#doors = Array.from({ length: count }, (_, index) => ({ index, mac: macOf(index), life: 0 }));
    this.socketCount = Math.min(sockets, count);
  }

  async open() {
    for (let at = 0; at < this.socketCount; at += 1) {
      const socket = createSocket('udp4');
      socket.bind(this.local.port + at, this.local.address);
      await once(socket, 'listening');
      socket.on('message', (data) => this.#receive(readMessage(data)));
      this.#sockets.push(socket);
    }
  }

  close() {
    for (const door of this.#doors) clearTimeout(door.timer);
    for (const socket of this.#sockets) socket.close();
  }

  forget() {
    for (const list of ['notified', 'applied', 'reported', 'asked', 'granted']) this[list] = [];
    this.refused = 0;
    this.repetitions = 0;
  }

  /** Everybody subscribes, so many at a time. @returns seconds */
  async subscribeAll(atOnce) {
    return await this.#throng(atOnce, (door) => this.#begin(door), this.granted);
  }

  /** `count` doors refresh, `rate` a second. */
  async refresh(count, rate) {
    const begun = performance.now();
    const before = this.granted.length;
    for (let done = 0; done < count; done += 1) {
      await until(begun + (1000 * done) / rate);
      this.#refresh(this.#doors[done % this.count]);
    }
    await this.reach(this.granted, before + count, PATIENCE);
  }

  /** The power comes back: nobody knows of a dialog any more. Doors wait up to `spread` ms, and after refusals. */
  powerCut(spread) {
    for (const door of this.#doors) {
      clearTimeout(door.timer);
      door.failures = 0;
      door.timer = setTimeout(() => this.#begin(door), spread * Math.random());
    }
  }

  /** Waits until `list` has `length` entries. @returns whether it has */
  async reach(list, length, patience) {
    const giveUp = performance.now() + patience;
    while (list.length < length && performance.now() < giveUp) await new Promise((done) => setTimeout(done, 20));
    return list.length >= length;
  }

  async #throng(atOnce, begin, list) {
    const started = performance.now();
    let next = 0;
    const more = () => {
      while (next < this.count && next - list.length < atOnce) {
        begin(this.#doors[next]);
        next += 1;
      }
    };
    this.#watchers.add(more);
    more();
    await this.reach(list, this.count, 120_000);
    this.#watchers.delete(more);
    return (performance.now() - started) / 1000;
  }

  #begin(door) {
    door.life += 1;
    door.sequence = 0;
    door.remoteTag = undefined;
    door.remoteTarget = undefined;
    door.routes = [];
    door.heard = 0;
    door.callId = `${door.index}-${door.life}@doors`;
    this.#subscribe(door);
  }

  #refresh(door) {
    this.#subscribe(door);
  }

  #subscribe(door) {
    door.sequence += 1;
    const { address, port } = this.server;
    const own = this.local.port + (door.index % this.socketCount);
    const resource = `sip:urn%3auuid%3a00000000-0000-1000-8000-${door.mac}@${address}:${port}`;
    const report = door.serial === undefined ? 'none' : `applied;serial=${door.serial}`;
    const data = writeMessage(`SUBSCRIBE ${door.remoteTarget ?? resource} SIP/2.0`, [
      `Via: SIP/2.0/UDP ${this.local.address}:${own};branch=z9hG4bK${door.index}x${door.life}x${door.sequence};rport`,
      'Max-Forwards: 70',
      ...(door.routes ?? []).map((route) => `Route: ${route}`),
      `From: <sip:anonymous@${address}>;tag=d${door.index}x${door.life}`,
      `To: <${resource}>${door.remoteTag === undefined ? '' : `;tag=${door.remoteTag}`}`,
      `Call-ID: ${door.callId}`,
      `CSeq: ${door.sequence} SUBSCRIBE`,
      `Contact: <sip:${door.mac}@${this.local.address}:${own}>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-${door.mac}>"`,
      `Event: ${EVENT}`,
      `Accept: ${ACCEPT}`,
      `Expires: ${LIFE}`,
      `Doorphone-Profile: ${report}`,
      'User-Agent: doorphone/1.0.0',
    ]);
    this.asked.push(performance.now());
    this.#send(door, data, T1, performance.now() + PATIENCE);
  }

  /** RFC 3261 §17.1.2.2, timer E. */
  #send(door, data, wait, until) {
    this.#write(door, data);
    clearTimeout(door.timer);
    door.timer = setTimeout(() => {
      if (performance.now() >= until) this.#later(door, 0);
      else {
        this.repetitions += 1;
        this.#send(door, data, Math.min(2 * wait, T2), until);
      }
    }, wait);
  }

  #write(door, data) {
    const { address, port } = this.server;
    this.#sockets[door.index % this.socketCount].send(data, port, address);
  }

  /** RFC 6080 §5.3.2, as the product keeps it. */
  #later(door, retryAfter) {
    const own = FIRST_WAIT * 2 ** Math.min(door.failures ?? 0, 8);
    door.failures = (door.failures ?? 0) + 1;
    clearTimeout(door.timer);
    const told = this.obedient && retryAfter > 0;
    const wait = told ? 1000 * retryAfter : Math.max(own, 1000 * retryAfter) * (1 + SPREAD * Math.random());
    door.timer = setTimeout(() => this.#begin(door), wait);
  }

  #receive(message) {
    const callId = message.get('call-id');
    const door = this.#doors[Number.parseInt(callId, 10)];
    if (door === undefined) return;
    if (message.status !== undefined) this.#answered(door, callId, message);
    else if (message.method === 'NOTIFY') this.#told(door, callId, message);
  }

  #answered(door, callId, { status, get, routes }) {
    if (callId !== door.callId || status < 200 || Number.parseInt(get('cseq'), 10) !== door.sequence) return;
    if (door.answered === `${callId} ${door.sequence}`) return;
    door.answered = `${callId} ${door.sequence}`;
    clearTimeout(door.timer);
    if (status >= 300) {
      this.refused += 1;
      this.#later(door, Number(get('retry-after') || 0));
      return;
    }
    door.failures = 0;
    door.remoteTag = tagOf(get('to'));
    door.remoteTarget = uriOf(get('contact'));
    door.routes = [...routes].reverse();
    this.granted.push(performance.now());
    if (door.reporting) {
      door.reporting = false;
      this.reported.push(performance.now());
    }
    for (const look of this.#watchers) look();
  }

  #told(door, callId, message) {
    // A dialog of before the power cut.
    if (callId !== door.callId) {
      this.#write(door, answer(message, '481 Subscription Does Not Exist'));
      return;
    }
    this.#write(door, answer(message, '200 OK'));
    const sequence = Number.parseInt(message.get('cseq'), 10);
    if (sequence <= door.heard) {
      this.repetitions += 1;
      return;
    }
    door.heard = sequence;
    const content = /;\s*URL="([^"]+)".*;\s*hash=([0-9a-f]{40})/i.exec(message.get('content-type'));
    const version = content?.[2] ?? message.body;
    if (version === '' || version === door.version) return;
    door.version = version;
    this.notified.push(performance.now());
    for (const look of this.#watchers) look();
    if (this.fetches && content !== null) void this.#fetch(door, content[1], content[2]);
  }

  async #fetch(door, url, hash) {
    for (let failures = 0; ; failures += 1) {
      const fetched = await fetchProfile(url);
      if (door.version !== hash) return;
      if (fetched.status === 200 && createHash('sha1').update(fetched.body).digest('hex') === hash) {
        door.serial = Number(/"serial": ?(\d+)/.exec(fetched.body)?.[1]);
        break;
      }
      this.fetchFailures += 1;
      // As src/http has it: 2 s, doubled to a minute, up to half of it taken off; Retry-After, with a little more.
      const own = Math.min(60_000, 2000 * 2 ** failures) * (1 - 0.5 * Math.random());
      const { retryAfter } = fetched;
      const wait = retryAfter === undefined ? own : 1000 * retryAfter * (1 + 0.25 * Math.random());
      await new Promise((done) => setTimeout(done, wait));
    }
    this.applied.push(performance.now());
    door.reporting = true;
    this.#refresh(door);
  }
}

function until(moment) {
  const rest = moment - performance.now();
  return rest <= 0 ? Promise.resolve() : new Promise((done) => setTimeout(done, rest));
}
