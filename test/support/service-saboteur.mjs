// Loaded into a service before its own code (`node --import`): on SIGUSR2 it does what $DOORPHONE_SABOTAGE names, so that
// a test can see what the product makes of it.

import { writeSync } from 'node:fs';

const BLOCK_MS = 1500;

const say = (line) => writeSync(2, `${JSON.stringify(line)}\n`);

const deeds = {
  throw: () => {
    throw new Error('sabotage: thrown');
  },
  reject: () => void Promise.reject(new Error('sabotage: rejected')),
  block: () => {
    say({ event: 'test.blocked' });
    const end = performance.now() + BLOCK_MS;
    while (performance.now() < end);
  },
  /** Needs --expose-gc. */
  memory: () => {
    globalThis.gc();
    const { heapUsed, external, rss } = process.memoryUsage();
    say({ event: 'test.memory', heapUsed: heapUsed + external, rss });
  },
};

process.on('SIGUSR2', deeds[process.env.DOORPHONE_SABOTAGE ?? 'memory']);
