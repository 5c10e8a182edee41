import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import type { WatchConfig } from '../../src/config/types.ts';
import { messageOf } from '../../src/errors/index.ts';
import { Listener, markRoot, type ListenerMessage } from '../../src/watch/index.ts';
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

/** Each path once: a file that is made and written to may be told of twice. */
function touched(): readonly string[] {
  return [...new Set(messages.flatMap((message) => (message.type === 'touched' ? message.paths : [])))];
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

  test('tells when the directory itself has gone, in the words of whoever looks at it', async () => {
    using _ = await listen();
    rmSync(delivery, { recursive: true });
    await until(() => messages.some(({ type }) => type === 'lost'));
    const seen: unknown = await markRoot(watchOf(delivery)).catch(messageOf);
    expect(messages).toContainEqual(expect.objectContaining({ type: 'lost', reason: seen }));
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

describe('a watch that follows links', () => {
  test('tells of what happens to what they lead to', async () => {
    const outside = join(temp(), 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'x');
    symlinkSync(join(outside, 'file'), join(delivery, 'file'));
    symlinkSync(outside, join(delivery, 'directory'));
    using _ = await listen({ recursive: true, followSymlinks: true });
    await tells(join(delivery, 'file'), () => appendFileSync(join(outside, 'file'), 'y'));
    await tells(join(delivery, 'directory', 'new'), () => writeFileSync(join(outside, 'new'), 'x'));
    const later = join(delivery, 'later');
    await tells(later, () => symlinkSync(join(outside, 'new'), later));
    await tells(later, () => appendFileSync(join(outside, 'new'), 'y'));
  });

  test('tells of what is in a directory of the watch under its path there only', async () => {
    const outside = join(temp(), 'outside');
    mkdirSync(outside);
    mkdirSync(join(delivery, 's'));
    symlinkSync('s', join(delivery, 'link'));
    symlinkSync(outside, join(delivery, 'directory'));
    using _ = await listen({ recursive: true, followSymlinks: true });
    writeFileSync(join(delivery, 's', 'a'), 'x');
    writeFileSync(join(delivery, 'link', 'b'), 'x');
    writeFileSync(join(outside, 'c'), 'x');
    const told = [join(delivery, 's', 'a'), join(delivery, 's', 'b'), join(delivery, 'directory', 'c')];
    await until(() => told.every((path) => touched().includes(path)));
    expect(touched()).toHaveLength(told.length);
  });
});

describe('a recursive watch', () => {
  const file = (...parts: readonly string[]) => join(delivery, ...parts);
  /** Waits until everything before it has been told, by telling something of the same directory. */
  async function settled(directory: string): Promise<void> {
    const path = join(directory, `last-${messages.length}`);
    writeFileSync(path, 'x');
    await until(() => touched().includes(path));
  }

  test('listens on to a directory when an entry that bears its name is removed', async () => {
    mkdirSync(file('same', 'sub'), { recursive: true });
    writeFileSync(file('same', 'same'), 'x');
    using _ = await listen({ recursive: true });
    rmSync(file('same', 'same'));
    renameSync(file('same', 'sub'), join(temp(), 'elsewhere'));
    await until(() => touched().includes(file('same', 'same')) && vanished().includes(file('same', 'sub')));
    await tells(file('same', 'a'), () => writeFileSync(file('same', 'a'), 'x'));
    expect(vanished()).not.toContain(file('same'));
  });

  test('and whose directory is the name of an entry of its own hears of the others all the same', async () => {
    using _ = await listen({ recursive: true });
    for (let i = 0; i < 20; i += 1) {
      mkdirSync(file('delivery'));
      writeFileSync(file(`a${i}`), 'x');
      rmSync(file('delivery'), { recursive: true });
      writeFileSync(file(`b${i}`), 'x');
    }
    const files = Array.from({ length: 20 }, (_unused, i) => [file(`a${i}`), file(`b${i}`)]).flat();
    await until(() => files.every((path) => touched().includes(path)));
  });

  test('hears of files in a directory that was elsewhere and has come back', async () => {
    using _ = await listen({ recursive: true });
    const deep = Array.from({ length: 40 }, (_unused, i) => file('p', `c${i}`, 'd'));
    for (const directory of deep) mkdirSync(directory, { recursive: true });
    await settled(file('p', 'c39', 'd'));
    renameSync(file('p'), file('q'));
    for (let i = 0; i < deep.length; i += 1) {
      writeFileSync(file('q', `c${i}`, 'd', 'a'), 'x');
      if (i !== 20) continue;
      renameSync(file('q'), join(temp(), 'outside'));
      renameSync(join(temp(), 'outside'), file('q'));
    }
    renameSync(file('q'), file('p'));
    await until(() => deep.every((directory) => touched().includes(join(directory, 'a'))));
  });

  test('tells that a directory has gone when another one has taken its place', async () => {
    mkdirSync(file('a'));
    mkdirSync(file('b'));
    using _ = await listen({ recursive: true });
    renameSync(file('a'), file('swap'));
    renameSync(file('b'), file('a'));
    renameSync(file('swap'), file('b'));
    await until(() => vanished().includes(file('a')) && vanished().includes(file('b')));
    await tells(file('a', 'x'), () => writeFileSync(file('a', 'x'), 'x'));
    await tells(file('b', 'x'), () => writeFileSync(file('b', 'x'), 'x'));
  });

  test('that is made anew is heard of, or said to be lost', async () => {
    using _ = await listen({ recursive: true });
    rmSync(delivery, { recursive: true });
    mkdirSync(delivery);
    writeFileSync(file('a'), 'x');
    await until(() => touched().includes(file('a')) || messages.some(({ type }) => type === 'lost'));
  });

  test('tells of a name with the character that stands for what is not UTF-8', async () => {
    using _ = await listen({ recursive: true });
    await tells(file('a\uFFFDb'), () => writeFileSync(file('a\uFFFDb'), 'x'));
  });

  test('says nothing of a directory that it ignores, neither that it has come nor that it has gone', async () => {
    mkdirSync(file('.hidden'));
    using _ = await listen({ recursive: true });
    await tells(file('last'), () => {
      rmSync(file('.hidden'), { recursive: true });
      mkdirSync(file('.other'));
      writeFileSync(file('.other', 'a'), 'x');
      writeFileSync(file('last'), 'x');
    });
    expect({ touched: touched(), vanished: vanished() }).toEqual({ touched: [file('last')], vanished: [] });
  });
});
