import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFiles, walkArchive, type ArchivePage } from '../../src/archive/index.ts';
import { Lookout } from '../../src/service/reconcile-archive/look.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();

async function walk(path: string, excluded: readonly string[] = [], pageSize = 100): Promise<readonly ArchivePage[]> {
  const pages: ArchivePage[] = [];
  for await (const page of walkArchive(path, { excluded, pageSize })) pages.push(page);
  return pages;
}

function namesIn(pages: readonly ArchivePage[]): readonly string[] {
  return pages.flatMap(({ directory, names }) => names.map((name) => join(directory, name))).toSorted();
}

test('files of all directories are found in pages, without temporary ones and what belongs to others', async () => {
  // The last one is of a doctor that is at work, or was killed.
  for (const name of ['sub', 'other', '.carbonation-doctor-aaaaaa']) mkdirSync(join(temp(), name));
  for (const name of ['a', 'b', 'c', 'sub/d', 'other/e', '.carbonation-doctor-aaaaaa/file'])
    writeFileSync(join(temp(), name), name);
  writeFileSync(join(temp(), `.carbonation-aaaaaaaaaaaa.1-${'0'.repeat(16)}.part`), 'half');
  const pages = await walk(temp(), [join(temp(), 'other')], 2);
  expect(namesIn(pages)).toEqual(['a', 'b', 'c', 'sub/d'].map((name) => join(temp(), name)));
  expect(pages.every(({ names, problems }) => names.length <= 2 && problems.length === 0)).toBe(true);
});

test('a link counts when it leads to a file, and is not followed into a directory', async () => {
  mkdirSync(join(temp(), 'sub'));
  writeFileSync(join(temp(), 'sub', 'a'), 'a');
  symlinkSync(join(temp(), 'sub', 'a'), join(temp(), 'link'));
  symlinkSync(join(temp(), 'nowhere'), join(temp(), 'dangling'));
  symlinkSync(temp(), join(temp(), 'sub', 'up'));
  expect(namesIn(await walk(temp()))).toEqual(['link', 'sub/a'].map((name) => join(temp(), name)));
});

test('one file is a page, nothing is none, and what cannot be read is said', async () => {
  writeFileSync(join(temp(), 'a'), 'a');
  expect(namesIn(await walk(join(temp(), 'a')))).toEqual([join(temp(), 'a')]);
  expect(await walk(join(temp(), 'nothing'))).toEqual([]);
  writeFileSync(Buffer.from(`${temp()}/\xff.txt`, 'latin1'), 'not UTF-8');
  writeFileSync(join(temp(), 'really \uFFFD'), 'a character like any other');
  const pages = await walk(temp());
  expect(pages.flatMap(({ problems }) => problems)).toEqual([expect.stringContaining('the name is not UTF-8')]);
  expect(namesIn(pages)).toContain(join(temp(), 'really \uFFFD'));
});

test('a place that cannot be looked at is said, and not taken for one with nothing in it', async () => {
  const path = join(temp(), 'a'.repeat(256));
  const pages = await walk(path);
  expect(namesIn(pages)).toEqual([]);
  expect(pages.flatMap(({ problems }) => problems)).toEqual([expect.stringContaining(path)]);
});

test('reading tells content, absence and what is no file apart', () => {
  writeFileSync(join(temp(), 'a'), 'abc');
  const paths = ['a', 'none', '.'].map((name) => join(temp(), name));
  expect(readFiles({ paths })).toMatchObject([
    { outcome: 'read', sizeBytes: 3, sha256: expect.stringMatching(/^ba7816bf/) },
    { outcome: 'gone' },
    { outcome: 'other', reason: 'a directory' },
  ]);
});

test('a file is gone only if the directory in which it is not can be read', () => {
  const lookout = new Lookout(temp());
  mkdirSync(join(temp(), 'sub'));
  writeFileSync(join(temp(), 'sub', 'a'), 'a');
  // A directory that leads to itself cannot be read, not even by root.
  symlinkSync(join(temp(), 'loop'), join(temp(), 'loop'));
  expect(lookout.look(join(temp(), 'sub', 'a'))).toEqual({ what: 'there', sizeBytes: 1 });
  expect(lookout.look(join(temp(), 'sub', 'b'))).toEqual({ what: 'gone', reason: null });
  expect(lookout.look(join(temp(), 'gone', 'deep', 'b'))).toEqual({ what: 'gone', reason: null });
  expect(lookout.look(join(temp(), 'sub'))).toEqual({ what: 'gone', reason: 'something else has its name' });
  expect(lookout.look(join(temp(), 'loop', 'b'))).toMatchObject({
    what: 'unknown',
    reason: expect.stringContaining('ELOOP'),
  });
  const vanished = new Lookout(join(temp(), 'unmounted'));
  expect(vanished.look(join(temp(), 'unmounted', 'b'))).toMatchObject({ what: 'unknown' });
});
