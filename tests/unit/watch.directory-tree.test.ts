import * as fs from 'node:fs';
import * as fsPromises from 'node:fs/promises';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { DirectoryTree } from '../../src/watch/directory-tree.ts';
import * as fileSystems from '../../src/watch/file-systems.ts';
import { nameFilter } from '../../src/watch/index.ts';
import { useTemp } from '../support/temp.ts';
import { watchOf } from '../support/watch.ts';

vi.mock('node:fs', { spy: true });
vi.mock('node:fs/promises', { spy: true });
vi.mock('../../src/watch/file-systems.ts', { spy: true });

const temp = useTemp();
const touched = new Set<string>();
const vanished = new Set<string>();
let failed: (error: unknown, directory: string) => void;
let tree: DirectoryTree;

beforeEach(() => {
  touched.clear();
  vanished.clear();
  failed = (error) => expect.fail(String(error));
  tree = new DirectoryTree(temp(), nameFilter(watchOf(temp(), { recursive: true })), {
    heard: () => undefined,
    touched: (path) => touched.add(path),
    vanished: (directory) => vanished.add(directory),
    suspected: () => undefined,
    failed: (error, directory) => failed(error, directory),
    lost: (reason) => expect.fail(reason),
  });
});
afterEach(() => tree.close());

const directories = ['.', 'leaf', 'a', 'a/leaf', 'a/b', 'a/b/c', 'a/b/leaf'];

describe.each([true, false])('a tree on a file system that counts directories: %s', (counts) => {
  beforeEach(() => void vi.mocked(fileSystems.countsDirectories).mockResolvedValue(counts));

  test('hears of files in every directory that was there, and in those that come later', async (context) => {
    const real = await vi.importActual<typeof fileSystems>('../../src/watch/file-systems.ts');
    if (counts && !(await real.countsDirectories(temp())))
      return context.skip('the file system of the temporary directory does not count directories');
    for (const name of directories) mkdirSync(join(temp(), name), { recursive: true });
    await tree.open(true);
    const later = directories.map((name) => join(temp(), name, 'new/deep/file'));
    const files = directories.map((name) => join(temp(), name, 'file'));
    for (const path of files) writeFileSync(path, '');
    for (const path of later) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
    }
    await vi.waitFor(() => expect([...files, ...later].filter((path) => !touched.has(path))).toEqual([]));
    // What is asked once of a device is asked again when it is opened again.
    await tree.open(true);
  });
});

test('tells of a directory that goes between the look at it and being listened to anew', async () => {
  const [going, elsewhere] = [join(temp(), 'a'), join(temp(), 'elsewhere')];
  mkdirSync(join(going, 'b'), { recursive: true });
  await tree.open(true);
  const { watch: listen } = await vi.importActual<typeof fs>('node:fs');
  onTestFinished(() => void vi.mocked(fs.watch).mockReset());
  vi.mocked(fs.watch).mockImplementation((path, ...options: readonly unknown[]) => {
    if (path === `${going}/.` && fs.existsSync(going)) renameSync(going, elsewhere);
    return Reflect.apply(listen, fs, [path, ...options]);
  });
  await tree.open(true);
  await vi.waitFor(() => expect([...vanished]).toContain(going));
  const file = join(elsewhere, 'b/file');
  writeFileSync(file, '');
  await vi.waitFor(() => expect(touched).toContain(file));
});

test('listens to nothing when it is closed while it is opened', async () => {
  mkdirSync(join(temp(), 'a'));
  vi.mocked(fs.watch).mockClear();
  const opened = tree.open(true);
  tree.close();
  await opened;
  expect(fs.watch).not.toHaveBeenCalled();
});

test('does not take a directory for gone that cannot be looked at', async () => {
  const path = join(temp(), 'a');
  mkdirSync(path);
  await tree.open(true);
  const failures = new Set<string>();
  failed = (_, directory) => failures.add(directory);
  onTestFinished(() => void vi.mocked(fsPromises.lstat).mockReset());
  vi.mocked(fsPromises.lstat).mockRejectedValue(Object.assign(new Error('EIO: lstat'), { code: 'EIO' }));
  await tree.open(true);
  expect([...failures]).toEqual([path]);
  expect([...vanished]).toEqual([]);
});
