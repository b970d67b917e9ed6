import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['*.test.ts'],
    // The kernel's build, where there is none yet.
    hookTimeout: 1_200_000,
    testTimeout: 180_000,
    // A board has a processor's whole attention: its kernel is a process of the host's.
    maxWorkers: 1,
  },
});
