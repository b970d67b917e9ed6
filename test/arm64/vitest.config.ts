import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['*.test.ts'],
    // An emulated processor, a hundred times as slow as it is said to be where others compute beside it.
    hookTimeout: 1_800_000,
    testTimeout: 1_800_000,
    maxWorkers: 1,
  },
});
