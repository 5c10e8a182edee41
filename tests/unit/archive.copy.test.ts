import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, test } from 'vitest';

import { partPath, transferGroups } from '../../src/archive/index.ts';
import { archived, deliver, names, owner, request, shortly, source, transfer } from '../support/archive.ts';
import { canMount, mountTmpfs } from '../support/mount.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();
const mounts = canMount();

let delivery = '';
let archive = '';
beforeEach(() => {
  delivery = join(temp(), 'delivery');
  archive = join(temp(), 'archive');
  mkdirSync(delivery);
});

describe('a copy', () => {
  test('has the content, the mode and the time of its source, and leaves nothing else behind', async () => {
    const path = join(delivery, 'a.json');
    writeFileSync(path, 'content');
    utimesSync(path, 1_600_000_000.25, 1_500_000_000.125);
    const found = archived((await transfer(request(archive, [source(path)])))[0]);
    expect(found).toMatchObject({ path: join(archive, 'a.json'), sizeBytes: 7, sha256: hash('sha256', 'content') });
    expect(found.identity).toEqual(source(path).identity);
    const stat = statSync(found.path);
    expect(stat.mode & 0o7777).toBe(0o640);
    expect(stat.mtimeMs).toBe(1_500_000_000_125);
    expect(readFileSync(found.path, 'utf8')).toBe('content');
    expect(names(archive)).toEqual(['a.json']);
    expect(names(delivery)).toEqual(['a.json']);
  });

  test('has a time before 1970, too', async () => {
    const path = join(delivery, 'a.json');
    writeFileSync(path, 'content');
    utimesSync(path, new Date(-5_000_000_000), new Date(-86_400_500));
    const found = archived((await transfer(request(archive, [source(path)])))[0]);
    expect(statSync(found.path).mtimeMs).toBe(-86_400_500);
  });

  test.each([0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 3_500_000])('of %i bytes is whole', async (size) => {
    const content = Buffer.alloc(size, 'abcdefg');
    const file = deliver(join(delivery, 'a.bin'), content);
    const found = archived((await transfer(request(archive, [file])))[0]);
    expect(readFileSync(found.path).equals(content)).toBe(true);
    expect(found.sha256).toBe(hash('sha256', content));
  });

  test('can have a read-only mode', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    await transfer(request(archive, [file], { fileMode: 0o440 }));
    expect(statSync(join(archive, 'a')).mode & 0o7777).toBe(0o440);
  });

  test('works without flushing and with verification by size only', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    const [found] = await transfer(request(archive, [file], { durable: false, verify: 'size' }));
    expect(readFileSync(archived(found).path, 'utf8')).toBe('x');
  });

  test.each(['a\nb.txt', `it's "quoted".txt`, '😀 ünï.txt', ' leading and trailing ', '-rf', '$HOME`x`', 'a\\b'])(
    'keeps the name %j',
    async (name) => {
      const file = deliver(join(delivery, name), 'x');
      expect(archived((await transfer(request(archive, [file])))[0]).path).toBe(join(archive, name));
      expect(names(archive)).toEqual([name]);
    },
  );

  test('keeps a name of 255 bytes', async () => {
    const name = `${'é'.repeat(125)}.json`;
    expect(Buffer.byteLength(name)).toBe(255);
    const file = deliver(join(delivery, name), 'x');
    expect(archived((await transfer(request(archive, [file])))[0]).path).toBe(join(archive, name));
  });

  test('made twice is there once', async () => {
    const one = request(archive, [deliver(join(delivery, 'a'), 'x')]);
    const first = await transfer(one);
    expect(await transfer(one)).toEqual(first);
    expect(names(archive)).toEqual(['a']);
  });

  test('of what a link points to is a regular file, when links are followed', async () => {
    writeFileSync(join(temp(), 'behind'), 'x');
    symlinkSync(join(temp(), 'behind'), join(delivery, 'link'));
    const file = source(join(delivery, 'link'), true);
    const [found] = await transfer(request(archive, [file], { followSymlinks: true }));
    expect(statSync(archived(found).path).isFile()).toBe(true);
    expect(readFileSync(join(archive, 'link'), 'utf8')).toBe('x');
  });

  test('of a thousand files at once leaves no temporary name', async () => {
    const files = Array.from({ length: 1000 }, (_, i) => deliver(join(delivery, `${i}`), `content ${i}`));
    const found = await transfer(request(archive, files));
    expect(found.filter((one) => one?.outcome === 'archived')).toHaveLength(1000);
    expect(names(archive)).toEqual(names(delivery));
  });
});

describe('a copy that does not hold what was read', () => {
  /** Transfers files, and changes the temporary copy of the last one before it is read back. */
  async function damaging(sizes: readonly number[], damage: (part: string) => void, changes = {}) {
    const files = sizes.map((size, i) => deliver(join(delivery, `f${i}`), Buffer.alloc(size, 'abcdefg')));
    const last = files.at(-1);
    if (last === undefined) throw new Error('no file');
    const underWay = transfer(request(archive, files, changes));
    // All are written before the first is flushed.
    damage(partPath(archive, owner, last.path));
    return (await underWay).map(shortly);
  }
  const flip = (part: string): void => {
    const content = readFileSync(part);
    content[content.length - 1] = 0;
    writeFileSync(part, content);
  };

  test.each([1, 20_000, 64 * 1024, 64 * 1024 + 1, 3_500_000])('fails, of %i bytes', async (size) => {
    expect(await damaging([size], flip)).toEqual(['TRANSFER_MISMATCH']);
    expect(names(archive)).toEqual([]);
    expect(names(delivery)).toEqual(['f0']);
  });

  test.each([0, 20_000, 3_500_000])('fails when it is longer, of %i bytes', async (size) => {
    const lengthen = (part: string) => appendFileSync(part, 'x');
    expect(await damaging([size], lengthen)).toEqual(['TRANSFER_MISMATCH']);
    expect(await damaging([size], lengthen, { verify: 'size' })).toEqual(['TRANSFER_MISMATCH']);
  });

  test('fails beside so many that not all of their contents are kept', async () => {
    const sizes = Array.from({ length: 100 }, () => 60_000);
    const found = await damaging(sizes, flip);
    // A file that fails does not keep the others of its group from the archive.
    expect(found.at(-1)).toBe('TRANSFER_MISMATCH');
    expect(found.slice(0, -1).every((outcome) => outcome === 'archived')).toBe(true);
    // The memory is there for the next ones.
    expect(await damaging(sizes, () => undefined, { onConflict: 'keep_both' })).toEqual(sizes.map(() => 'archived'));
  });

  test('is not looked for where only sizes are compared', async () => {
    expect(await damaging([20_000], flip, { verify: 'size' })).toEqual(['archived']);
  });
});

describe('directories', () => {
  test('are made with the mode that is asked for, whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      const file = deliver(join(delivery, 'a'), 'x');
      await transfer(request(join(archive, 'b', 'c'), [file], { dirMode: 0o775 }));
    } finally {
      process.umask(before);
    }
    const made = [archive, join(archive, 'b'), join(archive, 'b', 'c')];
    expect(made.map((path) => statSync(path).mode & 0o7777)).toEqual([0o775, 0o775, 0o775]);
  });

  test('that are there keep their mode', async () => {
    mkdirSync(archive);
    chmodSync(archive, 0o700);
    await transfer(request(join(archive, 'b'), [deliver(join(delivery, 'a'), 'x')], { dirMode: 0o755 }));
    expect(statSync(archive).mode & 0o7777).toBe(0o700);
    expect(statSync(join(archive, 'b')).mode & 0o7777).toBe(0o755);
  });

  test('are not made when the archive says so', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    const [found] = await transfer(request(archive, [file], { createDirectories: false }));
    expect(found).toMatchObject({ outcome: 'failed', error: { code: 'TRANSFER_FAILED' } });
    expect(JSON.stringify(found)).toContain(archive);
    expect(names(temp())).toEqual(['delivery']);
  });

  test.each(['archive', 'archive/year'])('name what stands in their way: %s', async (name) => {
    const obstacle = join(temp(), name);
    mkdirSync(join(obstacle, '..'), { recursive: true });
    writeFileSync(obstacle, '');
    const file = deliver(join(delivery, 'a'), 'x');
    const [found] = await transfer(request(join(archive, 'year', 'month'), [file], { basePath: archive }));
    expect(found).toMatchObject({
      outcome: 'failed',
      error: {
        code: 'TRANSFER_FAILED',
        message: `${obstacle} is in the way: it is not a directory`,
        remedy: expect.stringContaining('`base_path`'),
      },
    });
  });

  test.each(['archive', 'archive/year'])('name a link in their way that leads nowhere: %s', async (name) => {
    const link = join(temp(), name);
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(join(temp(), 'unmounted'), link);
    const file = deliver(join(delivery, 'a'), 'x');
    const [found] = await transfer(request(join(archive, 'year', 'month'), [file], { basePath: archive }));
    expect(found).toMatchObject({
      outcome: 'failed',
      error: {
        message: `${link} is a link that leads nowhere`,
        remedy: 'mount the disk that it leads to, or correct the link',
      },
    });
    expect(names(temp()).includes('unmounted')).toBe(false);
  });

  test.runIf(existsSync('/proc/self'))(
    'that the system says are missing, and does not let be made, end the try',
    () => {
      const disk = join(import.meta.dirname, '../../src/archive/disk.ts');
      const script = `import { makeDirectories } from '${disk}'; makeDirectories('/proc/archive/year', 0o750);`;
      // In a process that can be ended: a loop without end would be one of this thread.
      const { stderr, status } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
        encoding: 'utf8',
        timeout: 20_000,
      });
      expect(stderr).toContain("ENOENT: no such file or directory, mkdir '/proc/archive'");
      expect(status).toBe(1);
    },
  );

  test('may be reached by a link, and a copy goes to where the link leads', async () => {
    mkdirSync(join(temp(), 'real'));
    symlinkSync(join(temp(), 'real'), archive);
    await transfer(request(archive, [deliver(join(delivery, 'a'), 'x')], { createDirectories: false }));
    expect(names(join(temp(), 'real'))).toEqual(['a']);
  });

  test('of delivery are no archive: the file would be its own copy', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    symlinkSync(delivery, archive);
    for (const directory of [delivery, archive]) {
      for (const action of ['copy', 'move', 'hardlink', 'symlink'] as const) {
        expect((await transfer(request(directory, [file], { action }))).map(shortly)).toEqual(['CONFLICT']);
      }
    }
    expect(names(delivery)).toEqual(['a']);
  });
});

describe('a copy that cannot be made', () => {
  test('fails when a file is where a directory must be, and takes no other group with it', async () => {
    writeFileSync(archive, 'a file');
    const bad = request(join(archive, 'sub'), [deliver(join(delivery, 'a'), 'x')]);
    const good = request(join(temp(), 'other'), [deliver(join(delivery, 'b'), 'y')]);
    const found = await transferGroups([bad, good]);
    expect(found.map((outcomes) => outcomes.map(shortly))).toEqual([['TRANSFER_FAILED'], ['archived']]);
    expect(readFileSync(archive, 'utf8')).toBe('a file');
  });

  test('fails when the directory’s name is too long, and takes no other group with it', async () => {
    const bad = request(join(archive, 'x'.repeat(256)), [deliver(join(delivery, 'a'), 'x')]);
    const good = request(archive, [deliver(join(delivery, 'b'), 'y')]);
    const found = await transferGroups([bad, good]);
    expect(found.map((outcomes) => outcomes.map(shortly))).toEqual([['TRANSFER_FAILED'], ['archived']]);
  });

  test.runIf(mounts)('fails on a full disk, leaves nothing there, and works once there is room', async () => {
    using disk = mountTmpfs(join(temp(), 'full'), 64);
    const files = [deliver(join(delivery, 'big'), Buffer.alloc(100_000)), deliver(join(delivery, 'small'), 'x')];
    const found = await transfer(request(disk.path, files));
    expect(found.map(shortly)).toEqual(['TRANSFER_FAILED', 'archived']);
    expect(names(disk.path)).toEqual(['small']);
    writeFileSync(join(disk.path, 'filler'), Buffer.alloc(40_000));
    const middle = deliver(join(delivery, 'middle'), Buffer.alloc(30_000));
    expect((await transfer(request(disk.path, [middle]))).map(shortly)).toEqual(['TRANSFER_FAILED']);
    rmSync(join(disk.path, 'filler'));
    expect((await transfer(request(disk.path, [middle]))).map(shortly)).toEqual(['archived']);
    expect(names(disk.path)).toEqual(['middle', 'small']);
  });
});
