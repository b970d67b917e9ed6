import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['*.test.ts'],
    // A Debian is set up by an emulated processor, where there is none yet.
    hookTimeout: 1_200_000,
    testTimeout: 300_000,
    maxWorkers: 1,
  },
});
