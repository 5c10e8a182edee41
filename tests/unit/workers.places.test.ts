import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { PluginPool } from '../../src/workers/index.ts';
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

describe('a function that hangs', () => {
  test('does not hold up what is asked afterwards, where there may be another thread', async () => {
    const directory = join(import.meta.dirname, '../fixtures/misbehaving-plugin');
    const location = { name: 'misbehaving-plugin', url: pathToFileURL(join(directory, 'index.ts')).href, directory };
    const pool = new PluginPool(2, location, 60_000);
    const ask = (name: string) => pool.extract({ name, files: [], watchName: 'w', fileType: null, groupKey: 'k' });
    const stuck = Promise.allSettled([ask('forever')]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await Promise.all(Array.from({ length: 20 }, () => ask('good')))).toHaveLength(20);
    await pool.close(0);
    expect(await stuck).toMatchObject([{ reason: { code: 'POOL_CLOSED' } }]);
  });
});
