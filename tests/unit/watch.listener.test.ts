import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

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

function vanished(): readonly string[] {
  return messages.flatMap((message) => (message.type === 'vanished' ? message.directories : []));
}

describe.each([{ followSymlinks: false }, { followSymlinks: true }])('a recursive watch with %o', (links) => {
  const recursive = { recursive: true, ...links };

  test('tells of files in a directory that was there, however deep', async () => {
    const deep = join(delivery, 'a', 'b', 'c');
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'before'), 'x');
    using _ = await listen(recursive);
    await tells(join(deep, 'new'), () => writeFileSync(join(deep, 'new'), 'x'));
    await tells(join(deep, 'before'), () => appendFileSync(join(deep, 'before'), 'y'));
    await tells(join(deep, 'before'), () => rmSync(join(deep, 'before')));
  });

  test('tells of all files that come with a directory that is moved in', async () => {
    mkdirSync(join(temp(), 'batch', 'sub'), { recursive: true });
    const names = ['a', 'b', 'sub/c', 'sub/d'];
    for (const name of names) writeFileSync(join(temp(), 'batch', name), 'x');
    using _ = await listen(recursive);
    renameSync(join(temp(), 'batch'), join(delivery, 'batch'));
    await until(() => names.every((name) => touched().includes(join(delivery, 'batch', name))));
  });

  test('tells of files at the new place of a directory that is renamed, then and later', async () => {
    mkdirSync(join(delivery, 'old', 'sub'), { recursive: true });
    writeFileSync(join(delivery, 'old', 'sub', 'a'), 'x');
    using _ = await listen(recursive);
    const moved = join(delivery, 'new', 'sub');
    await tells(join(moved, 'a'), () => renameSync(join(delivery, 'old'), join(delivery, 'new')));
    await tells(join(moved, 'b'), () => writeFileSync(join(moved, 'b'), 'x'));
    await tells(join(moved, 'a'), () => rmSync(join(moved, 'a')));
  });

  test('tells of every file of a directory that is removed and made anew, again and again', async () => {
    using _ = await listen(recursive);
    const directory = join(delivery, 'again');
    const files = Array.from({ length: 30 }, (_unused, i) => join(directory, String(i)));
    for (const file of files) {
      mkdirSync(directory);
      writeFileSync(file, 'x');
      rmSync(directory, { recursive: true });
    }
    mkdirSync(directory);
    for (const file of files) writeFileSync(file, 'x');
    await until(() => files.every((file) => touched().includes(file)));
    await tells(join(directory, 'last'), () => writeFileSync(join(directory, 'last'), 'x'));
  });

  test('tells of every file of many directories that come at once', async () => {
    using _ = await listen(recursive);
    const files = Array.from({ length: 200 }, (_unused, i) => join(delivery, `d${i % 40}`, `e${i % 10}`, `f${i}`));
    for (const file of files) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'x');
    }
    await until(() => files.every((file) => touched().includes(file)));
  });

  test('tells what has gone with a directory that is moved away', async () => {
    const file = join(delivery, 'batch', 'sub', 'a');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'x');
    using _ = await listen(recursive);
    renameSync(join(delivery, 'batch'), join(temp(), 'batch'));
    // Where the files are not followed one by one only their directory is known.
    await until(() => (links.followSymlinks ? touched().includes(file) : vanished().includes(join(delivery, 'batch'))));
  });
});

describe('a recursive watch', () => {
  test('listens anew to a directory when an entry that bears its name is removed', async () => {
    const directory = join(delivery, 'same');
    mkdirSync(directory);
    writeFileSync(join(directory, 'same'), 'x');
    using _ = await listen({ recursive: true });
    await tells(join(directory, 'same'), () => rmSync(join(directory, 'same')));
    await tells(join(directory, 'a'), () => writeFileSync(join(directory, 'a'), 'x'));
    expect(vanished()).toEqual([]);
  });

  test('says nothing of a directory that it ignores, neither that it has come nor that it has gone', async () => {
    mkdirSync(join(delivery, '.hidden'));
    using _ = await listen({ recursive: true });
    await tells(join(delivery, 'last'), () => {
      rmSync(join(delivery, '.hidden'), { recursive: true });
      mkdirSync(join(delivery, '.other'));
      writeFileSync(join(delivery, '.other', 'a'), 'x');
      writeFileSync(join(delivery, 'last'), 'x');
    });
    expect({ touched: touched(), vanished: vanished() }).toEqual({ touched: [join(delivery, 'last')], vanished: [] });
  });
});
