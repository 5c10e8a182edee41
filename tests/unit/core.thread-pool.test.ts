import { createRequire } from 'node:module';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type WorkerThreads from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { ThreadPool } from '../../src/core/thread-pool.ts';
import { useTemp } from '../support/temp.ts';

// As piscina, which is CommonJS, sees it.
const workerThreads: typeof WorkerThreads = createRequire(import.meta.url)('node:worker_threads');

const temp = useTemp();

/** A pool whose threads have this text as their entry; it can be written anew. */
function poolOf(text: string) {
  const path = join(temp(), 'entry.mjs');
  const write = (next: string): void => writeFileSync(path, next);
  write(text);
  const pool = new ThreadPool<number, number>(pathToFileURL(path), 1);
  onTestFinished(() => pool.destroy());
  return { pool, write };
}

const doubling = 'export const answer = (n) => 2 * n;';
const broken = "throw new Error('cannot be loaded');";

describe('a pool of threads', () => {
  test('rejects what is asked of a thread that cannot be loaded, and answers when one can', async () => {
    const { pool, write } = poolOf(broken);
    // More often than may wait in a queue.
    for (let i = 0; i < 10; i += 1) await expect(pool.run(i, { name: 'answer' })).rejects.toThrow(/./);
    write(doubling);
    expect(await pool.run(21, { name: 'answer' })).toBe(42);
  });

  test('rejects what waits for a thread that ends before it has begun', async () => {
    const { pool, write } = poolOf('process.exit(3);');
    await expect(Promise.all([pool.run(1, { name: 'answer' }), pool.run(2, { name: 'answer' })])).rejects.toThrow(/./);
    write(doubling);
    expect(await pool.run(21, { name: 'answer' })).toBe(42);
  });

  test.each([undefined, new AbortController().signal])(
    'rejects when no thread can be started, and leaves nothing waiting for one (signal: %s)',
    async (signal) => {
      const { pool } = poolOf('let asked = 0; export const answer = () => (asked += 1);');
      // A limit of the machine on threads, as Node says it.
      const limit = vi.spyOn(workerThreads, 'Worker').mockImplementation(function () {
        throw Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' });
      });
      onTestFinished(() => limit.mockRestore());
      await expect(pool.run(1, { name: 'answer', ...(signal && { signal }) })).rejects.toThrow(
        /^no thread can be started: .*EAGAIN \(raise the limit of processes: TasksMax= /,
      );
      limit.mockRestore();
      expect(await pool.run(1, { name: 'answer' })).toBe(1);
    },
  );

  test('ends the thread of what is aborted; what waits for one is not begun', async () => {
    const { pool } = poolOf('export const answer = (n) => { while (n === 0); return 2 * n; };');
    const [running, waiting] = [new AbortController(), new AbortController()];
    expect(await pool.run(1, { name: 'answer' })).toBe(2);
    const stuck = pool.run(0, { name: 'answer', signal: running.signal });
    const waits = pool.run(0, { name: 'answer', signal: waiting.signal });
    waiting.abort();
    await expect(waits).rejects.toThrow('no thread has begun it in time');
    running.abort();
    await expect(stuck).rejects.toThrow(/./);
    expect(await pool.run(21, { name: 'answer' })).toBe(42);
  });

  test('says why a thread has ended before it had begun', async () => {
    const { pool } = poolOf(broken);
    await expect(pool.run(1, { name: 'answer' })).rejects.toThrow('cannot be loaded');
  });

  test('starts no thread any more once it has been ended', async () => {
    const { pool } = poolOf(doubling);
    expect(await pool.run(1, { name: 'answer' })).toBe(2);
    expect(pool.hasThread).toBe(true);
    await pool.destroy();
    await expect(pool.run(1, { name: 'answer' })).rejects.toThrow('the threads have been stopped');
    expect(pool.hasThread).toBe(false);
  });

  test('has no entry with a default export, at which Node can end the process', () => {
    const entries = globSync('src/**/*.worker.ts');
    expect(entries.length).toBeGreaterThan(3);
    expect(entries.filter((entry) => /\bdefault\b/.test(readFileSync(entry, 'utf8')))).toEqual([]);
  });
});
