import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { FilePool, PluginPool } from '../../src/workers/index.ts';
import { Places } from '../../src/workers/places.ts';

describe('the places of a pool', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  const places = () => new Places({ usual: 2, most: 3, heldUpMs: 1000 });

  test('are the usual ones while messages come back quickly, and whoever is refused is called when one is free', () => {
    const pool = places();
    const again = vi.fn<() => void>();
    const first = pool.take(again);
    expect(pool.take(again)).not.toBeNull();
    expect(pool.take(again)).toBeNull();
    vi.advanceTimersByTime(900);
    expect(again).not.toHaveBeenCalled();
    first?.release();
    expect(again).toHaveBeenCalledOnce();
    expect(pool.take(again)).not.toBeNull();
    expect(pool.take(again)).toBeNull();
  });

  test('become more when messages are held up, up to the most there may be', () => {
    const pool = places();
    const again = vi.fn<() => void>();
    pool.take(again);
    pool.take(again);
    pool.take(again);
    vi.advanceTimersByTime(1001);
    expect(again).toHaveBeenCalledOnce();
    expect(pool.take(again)).not.toBeNull();
    vi.advanceTimersByTime(2000);
    expect(pool.take(again)).toBeNull();
  });

  test('are not taken away from the quick ones by those that are held up', () => {
    const pool = places();
    const again = vi.fn<() => void>();
    pool.take(again);
    vi.advanceTimersByTime(1001);
    pool.take(again);
    pool.take(again)?.release();
    expect(pool.take(again)).not.toBeNull();
  });

  test('given back twice are given back once', () => {
    const pool = places();
    const again = vi.fn<() => void>();
    const first = pool.take(again);
    pool.take(again);
    first?.release();
    first?.release();
    expect(pool.take(again)).not.toBeNull();
    expect(pool.take(again)).toBeNull();
  });
});

describe('places for which several wait', () => {
  test('go to each of them in turn, though one of them always wants more', () => {
    const pool = new Places({ usual: 1, most: 1, heldUpMs: 1000 });
    const taken: string[] = [];
    const held: { release: () => void }[] = [];
    const wanting = (name: string) => {
      const again = (): void => {
        // As many as it gets.
        for (let place = pool.take(again); place !== null; place = pool.take(again)) {
          taken.push(name);
          held.push(place);
        }
      };
      return again;
    };
    const [a, b] = [wanting('a'), wanting('b')];
    a();
    b();
    for (let i = 0; i < 5; i += 1) held.shift()?.release();
    expect(taken.join('')).toBe('ababab');
  });

  test('are held while something goes on that nobody waits for', async () => {
    const pool = new Places({ usual: 1, most: 1, heldUpMs: 1000 });
    const { promise, reject } = Promise.withResolvers<never>();
    const again = vi.fn<() => void>();
    pool.hold(() => promise);
    pool.hold(() => Promise.reject(new Error('there is no place for this')));
    expect(pool.take(again)).toBeNull();
    reject(new Error('whoever asks for something is told'));
    await Promise.allSettled([promise]);
    await vi.waitFor(() => expect(again).toHaveBeenCalledOnce());
    expect(pool.take(again)).not.toBeNull();
  });
});

describe('threads that are started before they are needed', () => {
  const directory = join(import.meta.dirname, '../fixtures/misbehaving-plugin');
  const location = { name: 'misbehaving-plugin', url: pathToFileURL(join(directory, 'index.ts')).href, directory };

  /** How many threads begin while something is done. */
  async function begun(run: () => Promise<unknown>): Promise<number> {
    let count = 0;
    const note = (): void => void (count += 1);
    process.on('worker', note);
    await run();
    process.off('worker', note);
    return count;
  }

  test('are those that what comes is given to', async () => {
    const plugins = new PluginPool(2, location, 1000);
    const files = new FilePool(2);
    const extracted = { name: 'good', files: [], watchName: 'w', fileType: null, groupKey: 'k' };
    const count = await begun(async () => {
      plugins.warmUp();
      files.warmUp();
      await Promise.all([
        plugins.extract(extracted),
        plugins.extract(extracted),
        files.inspect({ files: [], checks: [], followSymlinks: false }),
      ]);
      // Whoever is told of starts is told of none.
      expect([plugins.warmUp(), files.warmUp()]).toEqual([null, null]);
    });
    await Promise.all([plugins.close(), files.close()]);
    expect(count).toBe(2);
  });
});

describe('a function that hangs', () => {
  test('does not hold up what is asked afterwards, where there may be another thread', async () => {
    const directory = join(import.meta.dirname, '../fixtures/misbehaving-plugin');
    const location = { name: 'misbehaving-plugin', url: pathToFileURL(join(directory, 'index.ts')).href, directory };
    const pool = new PluginPool(2, location, 60_000);
    const ask = (name: string) => pool.extract({ name, files: [], watchName: 'w', fileType: null, groupKey: 'k' });
    const stuck = Promise.allSettled([ask('forever')]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await Promise.all(Array.from({ length: 20 }, () => ask('good')))).toHaveLength(20);
    await pool.close();
    expect(await stuck).toMatchObject([{ reason: { code: 'POOL_CLOSED' } }]);
  });
});
