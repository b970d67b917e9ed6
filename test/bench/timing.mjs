// How long a reader of messages takes, and how much heap: for ours (parse.mjs) and for the packages (parsers.mjs).

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
export const collectGarbage = runInNewContext('gc');

const ALLOCATION_TURNS = 9;

/** Reads what dispatch reads of a message of ours: where it belongs and who it is from. */
export function readDispatchFields(message) {
  return (
    message.topVia.host.length +
    (message.topVia.branch ?? '').length +
    message.callId.length +
    (message.fromTag ?? '').length +
    (message.toTag ?? '').length +
    message.cseq.number +
    message.cseq.method.length +
    message.from.uri.length
  );
}

export function repeat(read, bytes, count) {
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += read(bytes);
  return sum;
}

/** @returns µs a message */
export function timeRound(read, bytes, count) {
  const start = process.hrtime.bigint();
  repeat(read, bytes, count);
  return Number(process.hrtime.bigint() - start) / 1000 / count;
}

/** Octets of heap for one message: the heap's growth over so few that nothing is collected meanwhile; the median of turns. */
export function measureAllocation(read, bytes, count) {
  const turns = [];
  for (let turn = 0; turn < ALLOCATION_TURNS; turn += 1) {
    collectGarbage();
    repeat(read, bytes, 5);
    const before = process.memoryUsage().heapUsed;
    repeat(read, bytes, count);
    turns.push((process.memoryUsage().heapUsed - before) / count);
  }
  return turns.sort((a, b) => a - b)[Math.floor(ALLOCATION_TURNS / 2)];
}
