import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['*.test.ts'],
    globalSetup: ['rig/global-setup.ts'],
    testTimeout: 60_000,
    // A build machine that others share stands still for a moment now and then, and what runs in real time shows it: there a
    // second try tells a stall from a fault. Here at a desk the first failure counts.
    retry: process.env.CI === undefined ? 0 : 1,
    hookTimeout: 30_000,
    // A test has a network of its own, so that two files may run at a time; within a file one test follows another.
    maxWorkers: 2,
  },
});
