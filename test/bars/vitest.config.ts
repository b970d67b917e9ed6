import { defineConfig } from 'vitest/config';

// The bars that `make lint` holds the tree against: layers, cycles, sizes, forbidden habits.
export default defineConfig({ test: { include: ['test/bars/**/*.test.ts'] } });
