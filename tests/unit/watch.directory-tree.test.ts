import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { DirectoryTree } from '../../src/watch/directory-tree.ts';
import * as fileSystems from '../../src/watch/file-systems.ts';
import { nameFilter } from '../../src/watch/index.ts';
import { useTemp } from '../support/temp.ts';
import { watchOf } from '../support/watch.ts';

vi.mock('../../src/watch/file-systems.ts', { spy: true });

const temp = useTemp();
const touched = new Set<string>();
let tree: DirectoryTree;

beforeEach(() => {
  touched.clear();
  tree = new DirectoryTree(temp(), nameFilter(watchOf(temp(), { recursive: true })), {
    heard: () => undefined,
    touched: (path) => touched.add(path),
    vanished: () => undefined,
    suspected: () => undefined,
    failed: (error) => expect.fail(String(error)),
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
