import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type * as Promises from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { readdir } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';

import type { WatchConfig } from '../../src/config/types.ts';
import { isLocalFileSystem, markRoot, nameFilter, nameInWatch, scanWatch } from '../../src/watch/index.ts';
import { source } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';
import { watchOf } from '../support/watch.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Promises>();
  return { ...real, readdir: vi.fn<typeof real.readdir>(real.readdir) };
});

const temp = useTemp();

/** An entry as `readdir` has it. */
function entry(name: string, kind: 'file' | 'directory') {
  return {
    name,
    isFile: () => kind === 'file',
    isDirectory: () => kind === 'directory',
    isSymbolicLink: () => false,
  };
}

/** What a scan came to: names in the watch, problems, directories that could not be read. */
async function scan(changes: Partial<WatchConfig> = {}, from?: readonly string[]) {
  const watch = watchOf(temp(), changes);
  const found = { names: [] as string[], problems: [] as string[], unreadable: [] as string[] };
  for await (const page of scanWatch(watch, [], from)) {
    found.names.push(...page.files.map(({ path }) => nameInWatch(watch, path)));
    found.problems.push(...page.problems);
    if (page.unreadable !== null) found.unreadable.push(page.unreadable);
  }
  found.names.sort();
  return found;
}

/** Makes files by their names, with the directories they need. */
function make(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(join(temp(), name, '..'), { recursive: true });
    writeFileSync(join(temp(), name), name);
  }
}

describe('a scan', () => {
  test('finds the files of the directory, with their identities', async () => {
    make('a', "it's\n😀", 'sub/b');
    const found = new Map<string, unknown>();
    for await (const page of scanWatch(watchOf(temp()))) {
      for (const file of page.files) found.set(file.path, file);
    }
    const paths = ['a', "it's\n😀"].map((name) => join(temp(), name));
    expect(found).toEqual(
      new Map(paths.map((path) => [path, { path, identity: source(path).identity, device: lstatSync(path).dev }])),
    );
  });

  test('finds those of sub-directories when the watch is recursive, except in hidden ones', async () => {
    make('a', 'sub/b', 'sub/deep/c', '.hidden/d', 'sub/.hidden/e', 'x.tmp/f', '.g');
    expect((await scan()).names).toEqual(['a']);
    expect((await scan({ recursive: true })).names).toEqual(['a', 'sub/b', 'sub/deep/c']);
    expect((await scan({ recursive: true, ignorePatterns: [] })).names).toHaveLength(7);
  });

  test('goes by the patterns, in every directory', async () => {
    make('a.json', 'a.JSON', 'b.nc', 'c.json.tmp', 'sub/d.json', 'sub/e.txt');
    expect((await scan({ patterns: ['*.json', 'b.*'], recursive: true })).names).toEqual([
      'a.json',
      'b.nc',
      'sub/d.json',
    ]);
  });

  test('finds more files than a page holds', async () => {
    make(...Array.from({ length: 1200 }, (_, i) => `${i}`));
    expect((await scan()).names).toHaveLength(1200);
    let pages = 0;
    for await (const page of scanWatch(watchOf(temp()))) {
      pages += 1;
      expect(page.files.length).toBeLessThan(1200);
    }
    expect(pages).toBeGreaterThan(1);
  });

  test('leaves out FIFOs and sockets', async () => {
    make('a');
    execFileSync('mkfifo', [join(temp(), 'fifo')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(temp(), 'socket'), resolve));
    expect(await scan({ followSymlinks: true })).toEqual({ names: ['a'], problems: [], unreadable: [] });
    await new Promise((resolve) => server.close(resolve));
  });

  test('lists a link as it is unless links are followed', async () => {
    make('sub/b');
    symlinkSync('sub/b', join(temp(), 'to file'));
    symlinkSync('sub', join(temp(), 'to directory'));
    symlinkSync('nowhere', join(temp(), 'dangling'));
    expect((await scan({ recursive: true })).names).toEqual(['dangling', 'sub/b', 'to directory', 'to file']);
    expect((await scan({ followSymlinks: true })).names).toEqual(['to file']);
    const links = { followSymlinks: true, recursive: true };
    expect((await scan(links)).names, 'each directory once, where it is').toEqual(['sub/b', 'to file']);
    const below = (...names: readonly string[]) =>
      scan(
        links,
        names.map((name) => join(temp(), name)),
      );
    expect((await below('to directory', 'to directory/b')).names).toEqual([]);
    expect((await below('sub/b')).names).toEqual(['sub/b']);
  });

  test('does not enter a linked directory that the watch ignores', async () => {
    mkdirSync(join(temp(), 'outside'));
    make('outside/b');
    symlinkSync('outside', join(temp(), '.link'));
    const watch = { followSymlinks: true, recursive: true, ignorePatterns: ['.*', 'outside'] };
    expect((await scan(watch)).names).toEqual([]);
  });

  test('of links that lead in a circle ends', async () => {
    make('sub/b');
    symlinkSync('..', join(temp(), 'sub', 'up'));
    symlinkSync('loop', join(temp(), 'loop'));
    const found = await scan({ followSymlinks: true, recursive: true });
    expect(found.names).toEqual(['sub/b']);
    expect(found.problems).toEqual([expect.stringContaining('loop')]);
  });

  test('reports names that are not UTF-8, and leaves them', async () => {
    make('fine');
    const bytes = (name: string) => Buffer.concat([Buffer.from(`${temp()}/${name}`), Buffer.from([0xff])]);
    writeFileSync(bytes('file'), 'x');
    mkdirSync(bytes('directory'));
    writeFileSync(Buffer.concat([bytes('directory'), Buffer.from('/inside')]), 'x');
    const found = await scan({ recursive: true });
    expect(found.names).toEqual(['fine']);
    expect(found.problems.toSorted()).toEqual([
      expect.stringMatching(/directory.*not UTF-8/),
      expect.stringMatching(/file.*not UTF-8/),
    ]);
  });

  test('of a directory that is not there says that nothing may be concluded', async () => {
    const path = join(temp(), 'none');
    expect(await scan({ path })).toEqual({ names: [], problems: [expect.stringContaining(path)], unreadable: [path] });
  });

  test.runIf(process.getuid?.() === 0)(
    'of a sub-directory that may not be read says so, and reads the others',
    async () => {
      make('a', 'closed/b', 'open/c');
      chmodSync(temp(), 0o755);
      chmodSync(join(temp(), 'closed'), 0o000);
      process.seteuid?.(65_534);
      const found = await scan({ recursive: true }).finally(() => process.seteuid?.(0));
      expect(found.names).toEqual(['a', 'open/c']);
      expect(found.unreadable).toEqual([join(temp(), 'closed')]);
    },
  );

  test('finds each file once while the disk is slow, and while it seems to be', async () => {
    for (let i = 0; i < 300; i += 1) make(`${i}`);
    // Every other file takes longer than one that is quick; then one takes very long.
    let ms = 0;
    for (const step of [(n: number) => (n % 2) * 0.3, (n: number) => (n === 70 ? 30 : 0.001)]) {
      let calls = 0;
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (ms += step((calls += 1))));
      const { names } = await scan();
      clock.mockRestore();
      expect([names.length, new Set(names).size]).toEqual([300, 300]);
    }
  });

  test('gives the files of a directory with many in it, and of those beside it', async () => {
    for (let i = 0; i < 10_001; i += 1) writeFileSync(join(temp(), `${i}`), '');
    make('a/1', 'b/2', 'b/c/3');
    const { names } = await scan({ recursive: true });
    expect([names.length, new Set(names).size]).toEqual([10_004, 10_004]);
  });

  test('is not ended by a directory with very many in it', async () => {
    make('a', 'sub/b');
    const many = Array.from({ length: 150_000 }, (_, i) => `d${i}`);
    vi.mocked(readdir).mockImplementationOnce((async () => [
      entry('a', 'file'),
      ...many.map((name) => entry(name, 'directory')),
    ]) as unknown as typeof readdir);
    for await (const page of scanWatch(watchOf(temp(), { recursive: true }))) {
      expect(page.files).toHaveLength(1);
      break;
    }
  });

  test('reaches a directory by the same way each time, whatever else there is', async () => {
    make('d/f');
    symlinkSync(join(temp(), 'd'), join(temp(), 'l'));
    const links = { recursive: true, followSymlinks: true };
    const before = await scan(links);
    expect(before.names).toHaveLength(1);
    for (let i = 0; i < 5; i += 1) {
      mkdirSync(join(temp(), `unrelated${i}`));
      expect(await scan(links)).toEqual(before);
    }
  });

  test('passes over a sub-directory that vanishes meanwhile', async () => {
    make('a', 'sub/b');
    const names: string[] = [];
    for await (const page of scanWatch(watchOf(temp(), { recursive: true }))) {
      names.push(...page.files.map(({ path }) => path));
      expect(page.unreadable).toBe(null);
      rmSync(join(temp(), 'sub'), { recursive: true, force: true });
    }
    expect(names).toEqual([join(temp(), 'a')]);
  });
});

describe('the mark of a watch', () => {
  test('is the same as long as the directory is', async () => {
    const path = join(temp(), 'delivery');
    mkdirSync(path);
    const mark = await markRoot(watchOf(path));
    writeFileSync(join(path, 'a'), 'x');
    expect(await markRoot(watchOf(path))).toEqual(mark);
    // The old one is kept, so that its inode cannot be given out again.
    renameSync(path, join(temp(), 'old'));
    mkdirSync(path);
    expect(await markRoot(watchOf(path))).not.toEqual(mark);
  });

  test('of no directory is an error that says so', async () => {
    writeFileSync(join(temp(), 'file'), '');
    for (const name of ['none', 'file']) {
      await expect(markRoot(watchOf(join(temp(), name)))).rejects.toMatchObject({ code: 'WATCH_UNREADABLE' });
    }
  });

  test('knows a local file system, and does not trust what it does not know', async () => {
    expect(await isLocalFileSystem('/dev/shm')).toBe(true);
    expect(await isLocalFileSystem('/proc')).toBe(false);
    expect(await isLocalFileSystem(join(temp(), 'none'))).toBe(false);
  });
});

describe('a name filter', () => {
  test.each([
    ['a.json', [], [], true],
    ['.a', [], [], true],
    ['.a', [], ['.*'], false],
    ['a.json', ['*.json'], [], true],
    ['A.JSON', ['*.json'], [], false],
    ['a.json.tmp', ['*.json'], [], false],
    ['.json', ['*'], [], true],
    ['a1.nc', ['a[0-9].nc'], [], true],
    ['ab.nc', ['a[!0-9].nc'], [], true],
    ['a.nc', ['*.{nc,json}'], [], true],
    ['a\nb.nc', ['*.nc'], [], true],
    ['!a', ['!a'], [], true],
    ['a.tmp', ['*'], ['*.tmp'], false],
    ['a (1).nc', ['a (1).nc'], [], true],
    // A temporary name of an archive, whatever is asked for: in this archive it would be swept away.
    ['.carbonation-abc.1-0123456789abcdef.part', [], [], false],
    ['.carbonation-notes.part', [], [], true],
    ['report (1).txt', ['report (*).txt'], [], true],
    ['report 1.txt', ['report (1)*.txt'], [], false],
    ['copy(2).txt', ['*.txt'], ['*(2)*'], false],
    ['copy2.txt', ['*.txt'], ['*(2)*'], true],
    ['a(1).nc', ['{a(1),b}.nc'], [], true],
    ['a(b', ['a[(]b'], [], true],
    ['a(b', ['a\\(b'], [], true],
    ['+(a)', ['+(a)'], [], true],
    ['aa', ['+(a)'], [], false],
    ['b', ['!(a)'], [], false],
    ['"a"', ['"a"'], [], true],
    ['\na.txt', ['*.txt'], [], true],
  ])('for %j by %j without %j says %s', (name, patterns, ignorePatterns, expected) => {
    expect(nameFilter({ patterns, ignorePatterns }).accepts(name)).toBe(expected);
  });
});
