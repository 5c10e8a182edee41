import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import type { WatchConfig } from '../../src/config/types.ts';
import { Listener, type ListenerMessage } from '../../src/watch/index.ts';
import { useTemp } from '../support/temp.ts';
import { watchOf } from '../support/watch.ts';

const temp = useTemp();

let listener: Listener;
beforeAll(() => {
  listener = new Listener();
});
afterAll(() => listener.close());

let delivery = '';
let messages: ListenerMessage[] = [];
beforeEach(() => {
  delivery = join(temp(), 'delivery');
  mkdirSync(delivery);
  messages = [];
});

/** Listens until the test ends; resolves when events are to be expected. */
async function listen(changes: Partial<WatchConfig> = {}): Promise<Disposable> {
  const close = listener.open(watchOf(delivery, changes), (message) => messages.push(message));
  await until(() => messages.some(({ type }) => type === 'ready'));
  messages = [];
  return { [Symbol.dispose]: close };
}

function until(holds: () => boolean): Promise<void> {
  return vi.waitFor(() => expect(holds()).toBe(true), { timeout: 10_000, interval: 10 });
}

function touched(): readonly string[] {
  return messages.flatMap((message) => (message.type === 'touched' ? message.paths : []));
}

/** Does something and waits until the path is told as touched. */
async function tells(path: string, act: () => void): Promise<void> {
  messages = [];
  act();
  await until(() => touched().includes(path));
}

describe('the listener', () => {
  test('tells of files that are created, appended to, moved in and removed', async () => {
    writeFileSync(join(delivery, 'before'), 'x');
    writeFileSync(join(temp(), 'outside'), 'x');
    using _ = await listen();
    const path = join(delivery, 'a 😀');
    await tells(path, () => writeFileSync(path, 'x'));
    await tells(path, () => appendFileSync(path, 'y'));
    await tells(join(delivery, 'moved'), () => renameSync(join(temp(), 'outside'), join(delivery, 'moved')));
    await tells(path, () => rmSync(path));
    expect(touched()).not.toContain(join(delivery, 'before'));
  });

  test('tells of files in a new sub-directory when the watch is recursive', async () => {
    using _ = await listen({ recursive: true });
    const path = join(delivery, 'new', 'deep', 'a');
    await tells(path, () => {
      mkdirSync(join(delivery, 'new', 'deep'), { recursive: true });
      writeFileSync(path, 'x');
    });
  });

  test('tells nothing of what the watch ignores: by name, by directory, by depth', async () => {
    mkdirSync(join(delivery, 'sub'));
    mkdirSync(join(delivery, '.staging'));
    {
      using _ = await listen({ recursive: true, patterns: ['*.nc'] });
      await tells(join(delivery, 'last.nc'), () => {
        for (const name of ['.staging/a.nc', '.b.nc', 'c.txt', 'd.nc.tmp', 'sub/e.nc', 'last.nc']) {
          writeFileSync(join(delivery, name), 'x');
        }
      });
      await until(() => touched().includes(join(delivery, 'sub/e.nc')));
      expect(new Set(touched())).toEqual(new Set([join(delivery, 'sub/e.nc'), join(delivery, 'last.nc')]));
    }
    using _ = await listen();
    await tells(join(delivery, 'flat'), () => {
      writeFileSync(join(delivery, 'sub', 'deep'), 'x');
      writeFileSync(join(delivery, 'flat'), 'x');
    });
    expect(touched()).toEqual([join(delivery, 'flat')]);
  });

  test('tells when the directory itself has gone', async () => {
    using _ = await listen();
    rmSync(delivery, { recursive: true });
    await until(() => messages.some(({ type }) => type === 'lost'));
  });

  test('tells nothing more once it is closed, and can be opened again', async () => {
    {
      using _ = await listen();
      await tells(join(delivery, 'a'), () => writeFileSync(join(delivery, 'a'), 'x'));
    }
    messages = [];
    writeFileSync(join(delivery, 'b'), 'x');
    using _ = await listen();
    await tells(join(delivery, 'c'), () => writeFileSync(join(delivery, 'c'), 'x'));
    expect(touched()).toEqual([join(delivery, 'c')]);
  });
});
