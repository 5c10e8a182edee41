import { hash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, test } from 'vitest';

import { removeSources, sweepDirectory, transferGroups } from '../../src/archive/index.ts';
import {
  archived,
  deliver,
  makeDirectories,
  names,
  owner,
  request,
  shortly,
  source,
  transfer,
} from '../support/archive.ts';
import type { SourceFile } from '../../src/workers/messages.ts';
import { canMount, mountBind } from '../support/mount.ts';
import { otherFileSystem, useTemp } from '../support/temp.ts';

const temp = useTemp();
const mounts = canMount();

let delivery = '';
let archive = '';
beforeEach(() => {
  ({ delivery, archive } = makeDirectories(temp()));
});

function hasOtherFileSystem(): boolean {
  try {
    if (statSync(otherFileSystem).dev !== statSync(realpathSync('/tmp')).dev) return true;
  } catch {
    // Said below.
  }
  process.stderr.write(`SKIPPED: tests across file systems; ${otherFileSystem} is not another one than /tmp\n`);
  return false;
}

const crosses = hasOtherFileSystem();

/** A directory on another file system. */
function elsewhere(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(otherFileSystem, 'carbonation-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

describe('a hard link', () => {
  test('is a second name of the source, whose new identity is told', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    const found = archived((await transfer(request(archive, [file], { action: 'hardlink' })))[0]);
    expect(statSync(found.path).ino).toBe(file.identity.inode);
    expect(found.identity).toEqual(source(file.path).identity);
    expect(statSync(file.path).nlink).toBe(2);
    expect(names(archive)).toEqual(['a']);
  });

  test('made again after a crash is the same one', async () => {
    const first = request(archive, [deliver(join(delivery, 'a'), 'x')], { action: 'hardlink' });
    await transfer(first);
    const [again] = await transfer({ ...first, files: [source(join(delivery, 'a'))] });
    expect(archived(again).identity).toEqual(source(join(delivery, 'a')).identity);
    expect(names(archive)).toEqual(['a']);
  });

  test('to what a link points to is a link to the file', async () => {
    writeFileSync(join(temp(), 'behind'), 'x');
    symlinkSync('../behind', join(delivery, 'a'));
    const file = source(join(delivery, 'a'), true);
    const [found] = await transfer(request(archive, [file], { action: 'hardlink', followSymlinks: true }));
    expect(lstatSync(archived(found).path).ino).toBe(statSync(join(temp(), 'behind')).ino);
    expect(archived(found).identity).toEqual(source(file.path, true).identity);
  });

  test.runIf(crosses)('across file systems fails with the advice to copy, and touches nothing', async () => {
    using other = elsewhere();
    const file = deliver(join(delivery, 'a'), 'x');
    const [found] = await transfer(request(other.path, [file], { action: 'hardlink' }));
    expect(found).toMatchObject({ outcome: 'failed', error: { code: 'LINK_CROSS_DEVICE' } });
    expect(JSON.stringify(found)).toContain('copy');
    expect(names(other.path)).toEqual([]);
    expect(source(file.path)).toEqual(file);
  });
});

describe('a symbolic link', () => {
  test('points to the absolute source, and making it again is harmless', async () => {
    const one = request(archive, [deliver(join(delivery, "a 'b'\n.txt"), 'x')], { action: 'symlink' });
    const [found] = await transfer(one);
    expect(readlinkSync(archived(found).path)).toBe(join(delivery, "a 'b'\n.txt"));
    expect(await transfer(one)).toEqual([found]);
    expect(names(archive)).toHaveLength(1);
  });

  test('gets a number where the name is taken, or fails, as the archive says', async () => {
    writeFileSync(join(archive, 'a'), 'x');
    const file = deliver(join(delivery, 'a'), 'x');
    const [failed] = await transfer(request(archive, [file], { action: 'symlink', onConflict: 'fail' }));
    expect(shortly(failed)).toBe('CONFLICT');
    const [found] = await transfer(request(archive, [file], { action: 'symlink' }));
    expect(archived(found).path).toBe(join(archive, 'a_1'));
    expect(lstatSync(join(archive, 'a')).isFile()).toBe(true);
  });
});

describe('an archive of symbolic links', () => {
  test.each([true, false])(
    'has nothing put into a directory behind one of them (create_directories = %s)',
    async (createDirectories) => {
      const options = { action: 'symlink', basePath: archive, createDirectories } as const;
      const [first] = await transfer(request(archive, [deliver(join(delivery, 'a'), 'x')], options));
      expect(archived(first).path).toBe(join(archive, 'a'));
      const outside = join(temp(), 'outside');
      mkdirSync(join(outside, 'below'), { recursive: true });
      rmSync(join(delivery, 'a'));
      symlinkSync(outside, join(delivery, 'a'));
      const file = deliver(join(delivery, 'b'), 'x');
      for (const directory of ['a', 'a/below', 'a/new']) {
        const [found] = await transfer(request(join(archive, directory), [file], options));
        expect(shortly(found)).toBe('CONFLICT');
      }
      expect([names(outside), names(join(outside, 'below'))]).toEqual([['below'], []]);
    },
  );
});

/** Moves a file to its end, as the service does it in two steps. */
async function move(from: string, to: string, changes: Parameters<typeof request>[2] = {}): Promise<string> {
  const file = source(from);
  const [found] = await transfer(request(to, [file], { action: 'move', ...changes }));
  expect(names(delivery), 'the source stays until it may go').toContain('a');
  const { path, identity } = archived(found);
  expect(removeSources({ files: [{ ...file, identity, copy: null }], followSymlinks: false })).toEqual([
    { outcome: 'removed' },
  ]);
  return path;
}

describe('a move', () => {
  test('on one file system keeps the very file, with the mode of the archive', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    const path = await move(file.path, archive);
    expect(statSync(path)).toMatchObject({ ino: file.identity.inode, nlink: 1, mtimeMs: file.identity.mtimeMs });
    expect(statSync(path).mode & 0o7777).toBe(0o640);
    expect(names(delivery)).toEqual([]);
  });

  test('that begins again after a crash between its two steps ends the same way', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    await transfer(request(archive, [file], { action: 'move' }));
    const path = await move(file.path, archive);
    expect(readFileSync(path, 'utf8')).toBe('x');
    expect(names(archive)).toEqual(['a']);
    expect(names(delivery)).toEqual([]);
  });

  test('leaves other names of the file alone: the archive gets a file of its own', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    linkSync(file.path, join(temp(), 'kept'));
    const path = await move(file.path, archive);
    writeFileSync(join(temp(), 'kept'), 'changed later');
    expect(readFileSync(path, 'utf8')).toBe('x');
  });

  test.runIf(crosses)('across file systems copies', async () => {
    using other = elsewhere();
    const file = deliver(join(delivery, 'a'), 'x');
    const path = await move(file.path, other.path);
    expect(readFileSync(path, 'utf8')).toBe('x');
    expect(statSync(path)).toMatchObject({ mtimeMs: file.identity.mtimeMs });
    expect(names(other.path)).toEqual(['a']);
  });

  test.runIf(crosses)('into a directory behind a link to another file system copies', async () => {
    using other = elsewhere();
    symlinkSync(other.path, join(archive, 'linked'));
    deliver(join(delivery, 'a'), 'x');
    const path = await move(join(delivery, 'a'), join(archive, 'linked'));
    expect(readFileSync(path, 'utf8')).toBe('x');
  });

  test.runIf(mounts)('between two mounts of one file system copies: they look the same and refuse links', async () => {
    using bound = mountBind(archive, join(temp(), 'bound'));
    deliver(join(delivery, 'a'), 'x');
    expect(statSync(bound.path).dev).toBe(statSync(delivery).dev);
    const path = await move(join(delivery, 'a'), bound.path);
    expect(readFileSync(path, 'utf8')).toBe('x');
    expect(names(archive)).toEqual(['a']);
  });

  test('of a linked file, when links are followed, removes the link and never what is behind it', async () => {
    writeFileSync(join(temp(), 'behind'), 'x');
    symlinkSync(join(temp(), 'behind'), join(delivery, 'a'));
    const file = source(join(delivery, 'a'), true);
    const [found] = await transfer(request(archive, [file], { action: 'move', followSymlinks: true }));
    const { path, identity } = archived(found);
    expect(removeSources({ files: [{ ...file, identity, copy: null }], followSymlinks: true })).toEqual([
      { outcome: 'removed' },
    ]);
    expect(names(delivery)).toEqual([]);
    expect(readFileSync(join(temp(), 'behind'), 'utf8')).toBe('x');
    expect(lstatSync(path).isFile()).toBe(true);
  });

  test('of a file and of links to it, of whatever order, removes them all', async () => {
    const file = deliver(join(delivery, 'b'), 'x');
    symlinkSync('b', join(delivery, 'a'));
    symlinkSync('b', join(delivery, 'c'));
    symlinkSync('c', join(delivery, 'd'));
    const files = [file, ...['a', 'c', 'd'].map((name) => source(join(delivery, name), true))];
    const found = await transfer(request(archive, files, { action: 'move', followSymlinks: true }));
    const moved = files.map((one, i) => ({ ...one, identity: archived(found[i]).identity, copy: null }));
    expect(removeSources({ files: moved, followSymlinks: true })).toEqual(files.map(() => ({ outcome: 'removed' })));
    expect([names(delivery), names(archive)]).toEqual([[], ['a', 'b', 'c', 'd']]);
  });

  test.runIf(process.getuid?.() === 0)('of a file that belongs to another user works', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    chownSync(file.path, 65_534, 65_534);
    chmodSync(file.path, 0o600);
    const path = await move(file.path, archive);
    expect(statSync(path).mode & 0o7777).toBe(0o640);
  });
});

/** A source whose copy has been read back just now. */
const unlooked = (file: SourceFile) => ({ ...file, copy: null });

describe('removing sources', () => {
  test('keeps a file whose copy is not there as it was archived', () => {
    const content = 'the content';
    const kept = ['gone', 'truncated', 'directory', 'changed', 'good'].map((name) => {
      const copy = { path: join(archive, name), sizeBytes: content.length, sha256: hash('sha256', content) };
      return { ...deliver(join(delivery, name), content), copy };
    });
    writeFileSync(join(archive, 'truncated'), 'the');
    mkdirSync(join(archive, 'directory'));
    writeFileSync(join(archive, 'changed'), 'the contest');
    writeFileSync(join(archive, 'good'), content);
    const outcomes = removeSources({ files: kept, followSymlinks: false });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed', 'failed', 'removed']);
    expect(outcomes[0]).toMatchObject({
      error: {
        code: 'TRANSFER_FAILED',
        message: `${kept[0]?.path} is kept: its copy ${join(archive, 'gone')} is not there as it was archived`,
      },
    });
    expect(names(delivery)).toEqual(['changed', 'directory', 'gone', 'truncated']);
  });

  test('keeps a file to which only a link in the archive leads, and removes one that has another name there', () => {
    const copyAt = (path: string) => ({ path, sizeBytes: 1, sha256: hash('sha256', 'x') });
    const behindLink = deliver(join(delivery, 'a'), 'x');
    symlinkSync(behindLink.path, join(archive, 'a'));
    const behindDirectory = deliver(join(delivery, 'b'), 'x');
    symlinkSync(delivery, join(archive, 'directory'));
    const moved = deliver(join(delivery, 'c'), 'x').path;
    linkSync(moved, join(archive, 'c'));
    const files = [
      { ...behindLink, copy: copyAt(join(archive, 'a')) },
      { ...behindDirectory, copy: copyAt(join(archive, 'directory', 'b')) },
      { ...source(moved), copy: copyAt(join(archive, 'c')) },
    ];
    const outcomes = removeSources({ files, followSymlinks: false });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'removed']);
    expect(names(delivery)).toEqual(['a', 'b']);
  });

  test('keeps a file that is no longer the one that was archived', () => {
    const touched = deliver(join(delivery, 'touched'), 'x');
    chmodSync(touched.path, 0o600);
    const exchanged = deliver(join(delivery, 'exchanged'), 'x');
    rmSync(exchanged.path);
    writeFileSync(exchanged.path, 'y');
    const linked = deliver(join(delivery, 'linked'), 'x');
    rmSync(linked.path);
    symlinkSync('elsewhere', linked.path);
    const outcomes = removeSources({ files: [touched, exchanged, linked].map(unlooked), followSymlinks: false });
    expect(outcomes).toEqual([{ outcome: 'kept' }, { outcome: 'kept' }, { outcome: 'kept' }]);
    expect(names(delivery)).toEqual(['exchanged', 'linked', 'touched']);
  });

  test('of what is gone already is done, and one that fails does not keep the others', () => {
    const gone = { ...deliver(join(delivery, 'gone'), 'x') };
    rmSync(gone.path);
    mkdirSync(join(delivery, 'directory'));
    const directory = source(join(delivery, 'directory'));
    const below = { ...gone, path: join(delivery, 'file', 'gone') };
    deliver(join(delivery, 'file'), 'where its directory was');
    const last = deliver(join(delivery, 'last'), 'x');
    const outcomes = removeSources({ files: [gone, directory, below, last].map(unlooked), followSymlinks: false });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['gone', 'failed', 'gone', 'removed']);
    expect(outcomes[1]).toMatchObject({ error: { remedy: expect.stringContaining('of the delivery directory') } });
    expect(names(delivery)).toEqual(['directory', 'file']);
  });
});

describe('a file whose directory was exchanged for a link, even to where the file is now', () => {
  const exchanged = () => {
    mkdirSync(join(delivery, 'sub', 'below'), { recursive: true });
    const file = { ...deliver(join(delivery, 'sub', 'below', 'a'), 'x'), name: 'sub/below/a' };
    renameSync(join(delivery, 'sub'), join(temp(), 'elsewhere'));
    symlinkSync(join(temp(), 'elsewhere'), join(delivery, 'sub'));
    return file;
  };

  test.each(['copy', 'move', 'hardlink', 'symlink'] as const)('is not archived (%s)', async (action) => {
    const file = exchanged();
    const [found] = await transfer(request(archive, [file], { action }));
    expect(found).toEqual({ outcome: 'changed' });
    expect(names(archive)).toEqual([]);
    const [followed] = await transfer(request(archive, [file], { action, followSymlinks: true }));
    expect(shortly(followed)).toBe('archived');
  });

  test('is not removed', () => {
    const file = exchanged();
    removeSources({ files: [unlooked(file)], followSymlinks: false });
    expect(names(join(temp(), 'elsewhere', 'below'))).toEqual(['a']);
  });
});

describe('sweeping', () => {
  test('removes what dead runs left, and nothing else', async () => {
    const part = (of: string) => `.carbonation-${of}-0123456789abcdef.part`;
    const kept = [part(owner), '.carbonation-notes.part', `${part('b')}.txt`, `x${part('b')}`, 'a.part', '.hidden'];
    for (const name of [...kept, part('bbbbbbbbbbbb'), part('cc')]) writeFileSync(join(archive, name), 'x');
    mkdirSync(join(archive, part('dd')));
    expect(sweepDirectory(archive, owner)).toBe(2);
    expect(names(archive)).toEqual([...kept, part('dd')].toSorted());
  });

  test('finds the temporary file of a copy that was cut off', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    const underWay = transferGroups([request(archive, [file])]);
    expect(names(archive)).toHaveLength(1);
    expect(sweepDirectory(archive, owner)).toBe(0);
    expect(sweepDirectory(archive, 'bbbbbbbbbbbb')).toBe(1);
    const [outcomes] = await underWay;
    expect(outcomes?.map(shortly)).toEqual(['TRANSFER_FAILED']);
    expect(names(archive)).toEqual([]);
  });

  test('of a directory that is not there, or is a file, finds nothing', () => {
    writeFileSync(join(temp(), 'file'), 'x');
    expect(sweepDirectory(join(temp(), 'none'), owner)).toBe(0);
    expect(sweepDirectory(join(temp(), 'file'), owner)).toBe(0);
  });
});
