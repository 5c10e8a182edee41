import type * as Fs from 'node:fs';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, test, vi } from 'vitest';

import { sweepDirectory, transferGroups } from '../../src/archive/index.ts';
import { turnPath } from '../../src/archive/names.ts';
import { archived, deliver, makeDirectories, names, owner, request, shortly, transfer } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

const fault = (code: string): never => {
  throw Object.assign(new Error(`${code}: as a file system says that cannot do it`), { code });
};

/** What the file system cannot do, by what it says then; null: it can. */
const says = vi.hoisted(() => ({ link: 'EPERM', flushDirectory: null as string | null, of: null as string | null }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  return {
    ...fs,
    linkSync: () => fault(says.link),
    renameSync: vi.fn<typeof fs.renameSync>(fs.renameSync),
    fsync: (fd: number, done: (error: Error | null) => void) => {
      const found = fs.fstatSync(fd);
      const isOf = says.of === null || fs.statSync(says.of).ino === found.ino;
      const code = found.isDirectory() && isOf ? says.flushDirectory : null;
      if (code === null) fs.fsync(fd, done);
      else done(Object.assign(new Error(`${code}: fsync`), { code }));
    },
  };
});

const temp = useTemp();
let delivery = '';
let archive = '';
beforeEach(() => {
  ({ delivery, archive } = makeDirectories(temp()));
  says.link = 'EPERM';
  says.flushDirectory = null;
  says.of = null;
});

describe('an archive on a file system without hard links', () => {
  test.each(['EPERM', 'EOPNOTSUPP', 'ENOSYS'])('gets complete files by renaming (%s)', async (code) => {
    says.link = code;
    const file = deliver(join(delivery, 'a'), 'x');
    const found = archived((await transfer(request(archive, [file])))[0]);
    expect(found.path).toBe(join(archive, 'a'));
    expect(readFileSync(found.path, 'utf8')).toBe('x');
    expect(names(archive)).toEqual(['a']);
  });

  test('never replaces what is there: the same content counts, other content gets another name', async () => {
    writeFileSync(join(archive, 'a'), 'other');
    writeFileSync(join(archive, 'b'), 'y');
    const files = [deliver(join(delivery, 'a'), 'x'), deliver(join(delivery, 'b'), 'y')];
    const found = await transfer(request(archive, files));
    expect(found.map((one) => archived(one).path)).toEqual([join(archive, 'a_1'), join(archive, 'b')]);
    expect(names(archive)).toEqual(['a', 'a_1', 'b']);
    expect(readFileSync(join(archive, 'a'), 'utf8')).toBe('other');
  });

  test('takes a file that is moved as a copy, and refuses what must be a link', async () => {
    const moved = await transfer(request(archive, [deliver(join(delivery, 'a'), 'x')], { action: 'move' }));
    expect(archived(moved[0]).path).toBe(join(archive, 'a'));
    expect(statSync(join(archive, 'a')).nlink).toBe(1);
    const linked = await transfer(request(archive, [deliver(join(delivery, 'b'), 'x')], { action: 'hardlink' }));
    expect(shortly(linked[0])).toBe('LINK_REFUSED');
    expect(names(archive)).toEqual(['a']);
  });

  test('gives two files of one moment two names', async () => {
    const elsewhere = join(temp(), 'elsewhere');
    mkdirSync(elsewhere);
    const found = await transferGroups([
      request(archive, [deliver(join(delivery, 'a'), 'x')]),
      request(archive, [deliver(join(elsewhere, 'a'), 'y')]),
    ]);
    expect(found.map(([one]) => archived(one).path)).toEqual([join(archive, 'a'), join(archive, 'a_1')]);
  });

  // On exFAT, `A` and `a` are one name.
  test.each(['a', 'A'])('waits for its turn, and does not look before it has it (%s)', async (name) => {
    const turn = turnPath(join(archive, name), `${owner}.1`);
    writeFileSync(turn, '');
    const found = await transfer(request(archive, [deliver(join(delivery, 'a'), 'x')], { owner: `${owner}.2` }));
    expect(found[0]).toMatchObject({ outcome: 'failed', error: { code: 'TRANSFER_FAILED' } });
    expect(names(archive)).toEqual([turn.slice(archive.length + 1)]);
    expect(sweepDirectory(archive, owner), 'it may be held at this moment').toBe(0);
    expect(sweepDirectory(archive, 'bbbbbbbbbbbb'), 'a dead run has left it').toBe(1);
  });

  test('lets go of its turn when the renaming fails', async () => {
    vi.mocked(renameSync).mockImplementationOnce(() => fault('EIO'));
    const file = deliver(join(delivery, 'a'), 'x');
    expect(shortly((await transfer(request(archive, [file])))[0])).toBe('TRANSFER_FAILED');
    expect(names(archive)).toEqual([]);
    archived((await transfer(request(archive, [file])))[0]);
  });
});

test.each([
  ['EINVAL', 'archived'],
  ['EIO', 'TRANSFER_FAILED'],
])('a directory that answers a flush with %s: %s', async (code, outcome) => {
  says.flushDirectory = code;
  const found = await transfer(request(archive, [deliver(join(delivery, 'a'), 'x')]));
  expect(shortly(found[0])).toBe(outcome);
});

test('what lies in a new directory counts once that is on disk: each try flushes those above it', async () => {
  const directory = join(archive, '2026', '11');
  const file = deliver(join(delivery, 'a'), 'x');
  says.of = archive;
  says.flushDirectory = 'EIO';
  const first = await transfer(request(directory, [file], { basePath: archive }));
  expect(first[0]).toMatchObject({ outcome: 'failed', error: { message: `${archive} cannot be flushed: EIO: fsync` } });
  const again = request(directory, [file], { basePath: archive, sweeps: directory });
  expect(shortly((await transfer(again))[0])).toBe('TRANSFER_FAILED');
  says.flushDirectory = null;
  expect(archived((await transfer(again))[0]).path).toBe(join(directory, 'a'));
});
