import { defineConfig } from 'vitest/config';
import { alias, globalSetup } from './vitest.config.ts';

/** `npm run test:torture`: minutes of crashes, failures and random deliveries, one file after another. */
export default defineConfig({
  resolve: { alias },
  test: {
    name: 'torture',
    globals: false,
    globalSetup,
    include: ['tests/torture/**/*.torture.ts'],
    setupFiles: ['tests/support/setup.ts'],
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
  },
});
