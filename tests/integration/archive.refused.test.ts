import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, expect, test, vi } from 'vitest';

import type * as Disk from '../../src/archive/disk.ts';
import { archived, deliver, makeDirectories, names, request, shortly, source, transfer } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

// Operations that really fail are rare, and at the wrong moment: here some of them are refused.

/** The code with which an operation on a path fails; null: it does not. */
let refusal: (operation: 'link' | 'create' | 'remove', path: string) => string | null = () => null;

vi.mock('../../src/archive/disk.ts', async (original) => {
  const disk = await original<typeof Disk>();
  const ask = (operation: 'link' | 'create' | 'remove', path: string) => {
    const code = refusal(operation, path);
    if (code !== null) throw Object.assign(new Error(`${code}: ${operation} '${path}'`), { code });
  };
  return {
    ...disk,
    linkIfFree(existing, name) {
      ask('link', name);
      return disk.linkIfFree(existing, name);
    },
    createPart(path) {
      ask('create', path);
      return disk.createPart(path);
    },
    removeIfThere(path) {
      ask('remove', path);
      disk.removeIfThere(path);
    },
  } satisfies typeof Disk;
});

const temp = useTemp();

let delivery = '';
let archive = '';
beforeEach(() => {
  refusal = () => null;
  ({ delivery, archive } = makeDirectories(temp()));
});

test('a move whose second link is refused copies the file, though the first one has changed its ctime', async () => {
  const file = deliver(join(delivery, 'a.txt'), 'content');
  refusal = (operation, path) => (operation === 'link' && path.endsWith('a.txt') && isFirst() ? 'EMLINK' : null);
  const isFirst = once();
  const [found] = await transfer(request(archive, [file], { action: 'move' }));
  expect(archived(found).identity).toEqual(source(file.path).identity);
  expect(names(archive)).toEqual(['a.txt']);
  expect(readFileSync(join(archive, 'a.txt'), 'utf8')).toBe('content');
});

test('a move that can neither link nor copy has failed: the source has not changed', async () => {
  const file = deliver(join(delivery, 'a.txt'), 'content');
  refusal = (operation, path) => {
    if (operation === 'create') return 'ENOSPC';
    return operation === 'link' && path.endsWith('a.txt') ? 'EMLINK' : null;
  };
  const [found] = await transfer(request(archive, [file], { action: 'move' }));
  expect(shortly(found)).toBe('TRANSFER_FAILED');
  expect(found).toMatchObject({ identity: source(file.path).identity });
  expect(names(archive)).toEqual([]);
});

test('a copy for which there is no room, or no open file, says what helps against that', async () => {
  const file = deliver(join(delivery, 'a.txt'), 'content');
  const remedyOf = async (code: string) => {
    refusal = (operation) => (operation === 'create' ? code : null);
    return (await transfer(request(archive, [file])))[0];
  };
  expect(await remedyOf('ENOSPC')).toMatchObject({
    error: { remedy: expect.stringMatching(/^make room on the disk/) },
  });
  expect(await remedyOf('EMFILE')).toMatchObject({
    error: { remedy: expect.stringMatching(/^raise the limit of open/) },
  });
});

test('a copy whose link within the archive is refused is renamed, and not called one to another file system', async () => {
  const file = deliver(join(delivery, 'a.txt'), 'content');
  refusal = (operation) => (operation === 'link' ? 'EXDEV' : null);
  const other = deliver(join(delivery, 'b.txt'), 'other content');
  expect(shortly((await transfer(request(archive, [other], { action: 'hardlink' })))[0])).toBe('LINK_CROSS_DEVICE');
  expect(archived((await transfer(request(archive, [file])))[0]).path).toBe(join(archive, 'a.txt'));
  expect(names(archive)).toEqual(['a.txt']);
});

test('a temporary name that cannot be removed fails the file, and the next try sweeps it away', async () => {
  const file = deliver(join(delivery, 'a.txt'), 'content');
  refusal = (operation) => (operation === 'remove' ? 'EIO' : null);
  const [refused] = await transfer(request(archive, [file], { owner: 'run.first' }));
  expect(refused).toMatchObject({ outcome: 'failed', error: { code: 'TRANSFER_FAILED' } });
  expect(names(archive)).toHaveLength(2);

  refusal = () => null;
  const [found] = await transfer(request(archive, [file], { owner: 'run.second', sweeps: archive }));
  expect(archived(found).path).toBe(join(archive, 'a.txt'));
  expect(names(archive)).toEqual(['a.txt']);
});

test('only what the same sources left is swept: another group of this run may be at work there', async () => {
  const [a, b] = [deliver(join(delivery, 'a.txt'), 'content'), deliver(join(delivery, 'b.txt'), 'content')];
  refusal = (operation) => (operation === 'remove' ? 'EIO' : null);
  await transfer(request(archive, [b], { owner: 'run.first' }));
  refusal = () => null;
  await transfer(request(archive, [a], { owner: 'run.second', sweeps: archive }));
  expect(names(archive).filter((name) => name.startsWith('.carbonation-run.first'))).toHaveLength(1);
});

/** True the first time. */
function once(): () => boolean {
  let isOver = false;
  return () => {
    if (isOver) return false;
    isOver = true;
    return true;
  };
}
