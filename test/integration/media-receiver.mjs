// A receiver in a process of its own: takes RTP on a port that the system chooses, and says on request what it has seen.
import { createSocket } from 'node:dgram';

const numbers = [];
const arrivals = [];
const socket = createSocket('udp4');
socket.on('message', (packet) => {
  if (packet.length !== 172) return;
  numbers.push(packet.readUInt16BE(2));
  arrivals.push(Number(process.hrtime.bigint()) / 1e6);
});
socket.bind(0, '127.0.0.1', () => process.send({ port: socket.address().port }));

process.on('message', () => {
  let missing = 0;
  let longest = 0;
  for (let at = 1; at < numbers.length; at += 1) {
    missing += ((numbers[at] - numbers[at - 1]) & 0xffff) - 1;
    longest = Math.max(longest, arrivals[at] - arrivals[at - 1]);
  }
  process.send({ received: numbers.length, missing, longestGapMs: longest });
});
process.on('disconnect', () => process.exit(0));
