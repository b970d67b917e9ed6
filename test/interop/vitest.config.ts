import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['*.test.ts'],
    globalSetup: ['rig/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 30_000,
    // A test has a network of its own, so that two files may run at a time; within a file one test follows another.
    maxWorkers: 2,
  },
});
