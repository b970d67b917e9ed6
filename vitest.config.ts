import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,conformance,contract,integration,fuzz}/**/*.test.ts'],
    testTimeout: 20_000,
    // A build machine that others share stands still for a moment now and then, and what runs in real time shows it: there a
    // second try tells a stall from a fault. Here at a desk the first failure counts.
    retry: process.env.CI === undefined ? 0 : 1,
    // Two cores are what a build machine and a Pi have to spare.
    maxWorkers: 2,
  },
});
