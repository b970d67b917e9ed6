import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,conformance,contract,integration,fuzz}/**/*.test.ts'],
    testTimeout: 20_000,
    // Two cores are what a build machine and a Pi have to spare.
    maxWorkers: 2,
  },
});
