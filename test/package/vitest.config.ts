import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['*.test.ts'],
    // The kernel's build and Debian's packages, where there are none yet.
    hookTimeout: 1_200_000,
    testTimeout: 30_000,
    maxWorkers: 1,
  },
});
