// The other side of the soak, in a process of its own: a phone that talks with SRTP by way of a network that loses, delays
// and reorders, and one whose clock runs 200 ppm fast.

import { createSocket } from 'node:dgram';
import { addon, openEngine, streamTo } from '../integration/media-addon.mjs';

const LOSS = 0.03;
const JITTER_MS = 30;
const FAST_MS = 20 * (1 - 200e-6);
const PACKET_OCTETS = 160;

const engine = openEngine({ firstPort: 43_000, lastPort: 43_099 });
const [session, port] = addon.sessionOpen(engine, '127.0.0.1', 0);

// ---- the network ----

/** Carries what comes in at one socket out of the other. */
function carry(from, to, destination) {
  from.on('message', (packet) => {
    if (Math.random() < LOSS) return;
    setTimeout(() => to.send(packet, destination(), '127.0.0.1'), JITTER_MS * Math.random() ** 2);
  });
}

async function bind() {
  const socket = createSocket('udp4');
  await new Promise((done) => socket.bind(0, '127.0.0.1', done));
  return socket;
}

// ---- the fast clock ----

let timer;

/** Sends silence of A-law as fast as its clock says, whatever the event loop's. */
function talk(socket, to) {
  const packet = Buffer.alloc(12 + PACKET_OCTETS, 0xd5);
  const start = performance.now();
  let sent = 0;
  timer = setInterval(() => {
    for (; start + sent * FAST_MS <= performance.now(); sent += 1) {
      packet.writeUInt16BE(0x8008, 0);
      packet.writeUInt16BE(sent & 0xffff, 2);
      packet.writeUInt32BE((sent * PACKET_OCTETS) >>> 0, 4);
      packet.writeUInt32BE(0x0fa57c1c, 8);
      socket.send(packet, to, '127.0.0.1');
    }
  }, 5);
}

// ---- what the soak asks for ----

const inside = await bind();
const outside = await bind();
const fast = await bind();
let doorPort = 0;
carry(inside, outside, () => doorPort);
carry(outside, inside, () => port);
process.send({ relay: outside.address().port, fast: fast.address().port });

process.on('message', ({ door, drifting, keys }) => {
  if (door !== undefined) doorPort = door;
  if (drifting !== undefined) talk(fast, drifting);
  if (keys !== undefined) {
    const [send, receive] = keys.map((key) => Buffer.from(key, 'base64'));
    addon.sessionConfigure(engine, session, streamTo(inside.address().port, { keys: { send, receive } }));
  }
});

process.on('disconnect', () => {
  clearInterval(timer);
  addon.engineClose(engine);
  process.exit(0);
});
