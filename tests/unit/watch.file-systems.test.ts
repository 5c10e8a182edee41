import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { countsDirectories, isLocalFileSystem } from '../../src/watch/file-systems.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();

test('a directory has two links and one for each directory in it, where that is said to be so', async (context) => {
  const at = join(temp(), 'at');
  mkdirSync(at);
  if (!(await countsDirectories(at))) return context.skip(`the file system of ${at} does not count directories`);
  const links = () => statSync(at).nlink;
  expect(links()).toBe(2);
  writeFileSync(join(at, 'file'), '');
  symlinkSync(temp(), join(at, 'link'));
  expect(links()).toBe(2);
  mkdirSync(join(at, 'one'));
  mkdirSync(join(at, 'two'));
  expect(links()).toBe(4);
});

test('nothing is relied on of file systems that are not known, or are not there', async () => {
  expect(await Promise.all([countsDirectories('/proc'), isLocalFileSystem('/proc')])).toEqual([false, false]);
  expect(await countsDirectories(join(temp(), 'nothing'))).toBe(false);
});
