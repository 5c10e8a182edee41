import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ArchiveConfig } from '../../src/config/types.ts';
import { Ownership } from '../../src/service/delivery/ownership.ts';
import { archiveDefaults } from '../support/archive-defaults.ts';
import { useTemp } from '../support/temp.ts';
import { watchOf } from '../support/watch.ts';

const outer = watchOf('/in', { name: 'outer', recursive: true, ignorePatterns: ['.*', 'special'] });

describe('a file of watches that overlap', () => {
  it('belongs to the first one that takes it', () => {
    const second = watchOf('/in/second', { name: 'second', patterns: ['*.xml'] });
    const ownership = new Ownership({ watches: [second, outer], archives: [] });
    expect(ownership.isFor(second, '/in/second/a.xml')).toBe(true);
    expect(ownership.isFor(outer, '/in/second/a.xml')).toBe(false);
    expect(ownership.isFor(outer, '/in/second/a.dat')).toBe(true);
  });

  it('belongs to no watch that ignores a directory on the way to it, however deep it lies', () => {
    const special = watchOf('/in/special', { name: 'special', recursive: true });
    const ownership = new Ownership({ watches: [outer, special], archives: [] });
    for (const path of ['/in/special/a.dat', '/in/special/below/a.dat', '/in/special/below/further/a.dat']) {
      expect(ownership.isFor(special, path)).toBe(true);
      expect(ownership.isFor(outer, path)).toBe(false);
    }
    expect(ownership.isFor(outer, '/in/other/a.dat')).toBe(true);
    expect(ownership.isFor(special, '/in/other/a.dat')).toBe(false);
  });

  it('belongs to a watch that ignores the name of its own directory, or of one above it', () => {
    const hidden = watchOf('/in/.hidden', { name: 'hidden' });
    const ownership = new Ownership({ watches: [outer, hidden], archives: [] });
    expect(ownership.isFor(hidden, '/in/.hidden/a.dat')).toBe(true);
    expect(ownership.isFor(outer, '/in/.hidden/a.dat')).toBe(false);
  });
});

describe('where symbolic links are on the way', () => {
  const temp = useTemp();
  let root = '';
  beforeEach(() => {
    root = join(temp(), 'root');
    mkdirSync(join(root, 'in'), { recursive: true });
  });

  const archiveAt = (basePath: string): ArchiveConfig => ({
    name: 'a',
    destination: 'd',
    basePath,
    ...archiveDefaults,
  });

  it.each([
    ['the archive', 'in', 'alias', () => symlinkSync('in/store', join(root, 'alias'))],
    ['a directory above the archive', 'in', 'up/in/store', () => symlinkSync('.', join(root, 'up'))],
    ['the watch', 'alias', 'in/store', () => symlinkSync('in', join(root, 'alias'))],
    ['both', 'one', 'two/store', () => ['one', 'two'].forEach((name) => symlinkSync('in', join(root, name)))],
  ])('what lies in an archive belongs to no watch: a link names %s', async (_, watchPath, archivePath, link) => {
    link();
    const watch = watchOf(join(root, watchPath), { recursive: true });
    const config = { watches: [watch], archives: [archiveAt(join(root, archivePath))] };
    const check = async () => {
      const ownership = await Ownership.of(config);
      expect(ownership.excluded).toContain(join(watch.path, 'store'));
      expect(ownership.isFor(watch, join(watch.path, 'store/d/a.dat'))).toBe(false);
      expect(ownership.isFor(watch, join(watch.path, 'stores/a.dat'))).toBe(true);
    };
    // The same before the first file is archived, and after.
    await check();
    mkdirSync(join(root, 'in/store'));
    await check();
  });

  it('an archive outside of all watches is not read either, where a link may lead to it', async () => {
    mkdirSync(join(root, 'store'));
    symlinkSync('store', join(root, 'alias'));
    const config = { watches: [watchOf(join(root, 'in'))], archives: [archiveAt(join(root, 'alias'))] };
    expect((await Ownership.of(config)).excluded).toEqual([join(root, 'store')]);
  });

  it('a link that leads in a circle leads nowhere', async () => {
    symlinkSync('b', join(root, 'a'));
    symlinkSync('a', join(root, 'b'));
    const watch = watchOf(join(root, 'in'), { recursive: true });
    const ownership = await Ownership.of({ watches: [watch], archives: [archiveAt(join(root, 'a'))] });
    expect(ownership.isFor(watch, join(root, 'in/a.dat'))).toBe(true);
  });

  it('a file behind one belongs to a watch that begins there, if the one above it follows no links', async () => {
    mkdirSync(join(root, 'feed'));
    symlinkSync('../feed', join(root, 'in/feed'));
    const path = join(root, 'in/feed/a.dat');
    const feed = watchOf(join(root, 'in/feed'), { name: 'feed' });
    for (const followSymlinks of [false, true]) {
      const above = watchOf(join(root, 'in'), { name: 'above', recursive: true, followSymlinks });
      const ownership = await Ownership.of({ watches: [above, feed], archives: [] });
      expect([ownership.isFor(above, path), ownership.isFor(feed, path)]).toEqual([followSymlinks, !followSymlinks]);
      expect(ownership.isFor(above, join(root, 'in/other/a.dat'))).toBe(true);
    }
  });
});
