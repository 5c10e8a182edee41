import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const common = { globals: false, testTimeout: 30_000, hookTimeout: 30_000, setupFiles: ['tests/support/setup.ts'] };

const path = (name: string): string => new URL(name, import.meta.url).pathname;

export const alias = [
  { find: /^carbonation$/, replacement: path('./src/index.ts') },
  { find: /^carbonation\/testing$/, replacement: path('./src/testing/index.ts') },
  // Threads run the bundle.
  { find: /^(\.\.?\/)+(core\/)?own-files\.ts$/, replacement: path('./tests/support/own-files.ts') },
];

/** Services leave their threads to the next one. */
const sharedThreads = [
  ...alias,
  { find: /^(\.\.\/)+core\/thread-pool\.ts$/, replacement: path('./tests/support/thread-pool.ts') },
];

export const globalSetup = ['tests/support/program.ts'];

const withServices = ['tests/integration/**/*.test.ts', 'tests/model/**/*.test.ts'];
/** What they mock stays mocked in their process. */
const mocking = globSync(withServices, { cwd: path('.') }).filter((name) =>
  readFileSync(path(name), 'utf8').includes('vi.mock('),
);

export default defineConfig({
  test: {
    maxWorkers: 4,
    globalSetup,
    projects: [
      {
        resolve: { alias },
        // In one process a worker: to load all modules anew takes a third of their time. What few of them mock hands on to the real module.
        test: {
          ...common,
          name: 'unit',
          include: ['tests/unit/**/*.test.ts', 'tests/machines/**/*.test.ts'],
          isolate: false,
        },
      },
      {
        resolve: { alias: sharedThreads },
        test: {
          ...common,
          name: 'integration',
          // As above: to load MikroORM and all else anew takes a second of CPU a file.
          include: withServices,
          exclude: mocking,
          isolate: false,
          restoreMocks: true,
        },
      },
      {
        resolve: { alias: sharedThreads },
        test: { ...common, name: 'mocking', include: mocking },
      },
      {
        resolve: { alias: sharedThreads },
        test: { ...common, name: 'e2e', include: ['tests/e2e/**/*.test.ts'], isolate: false, testTimeout: 60_000 },
      },
    ],
  },
});
