import { defineConfig } from 'vitest/config';

const common = { globals: false, testTimeout: 30_000, hookTimeout: 30_000, setupFiles: ['tests/support/setup.ts'] };

export const alias = {
  // The longer name first: the shorter is its beginning.
  'carbonation/testing': new URL('./src/testing/index.ts', import.meta.url).pathname,
  carbonation: new URL('./src/index.ts', import.meta.url).pathname,
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        resolve: { alias },
        // In one process a worker: nothing in them mocks a module, and to load all modules anew takes a third of their time.
        test: {
          ...common,
          name: 'unit',
          include: ['tests/unit/**/*.test.ts', 'tests/machines/**/*.test.ts'],
          isolate: false,
        },
      },
      {
        resolve: { alias },
        test: {
          ...common,
          name: 'integration',
          include: ['tests/integration/**/*.test.ts', 'tests/model/**/*.test.ts'],
        },
      },
      {
        resolve: { alias },
        test: { ...common, name: 'e2e', include: ['tests/e2e/**/*.test.ts'], testTimeout: 60_000 },
      },
    ],
  },
});
