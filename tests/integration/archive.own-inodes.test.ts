import type * as Fs from 'node:fs';
import { lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, test, vi } from 'vitest';

import { removeSources } from '../../src/archive/index.ts';
import { archived, deliver, makeDirectories, names, request, transfer } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

/** Called after each link that is made. */
const onLink = vi.hoisted(() => ({ call: null as (() => void) | null }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  /** As over sshfs: a temporary name has an inode number of its own, whichever file is behind it. */
  const withOwnInode = (path: string, found: Fs.Stats | undefined) =>
    found !== undefined && path.endsWith('.part') ? Object.assign(found, { ino: found.ino + 1_000_000 }) : found;
  return {
    ...fs,
    lstatSync: (path: string, options?: { throwIfNoEntry: false }) => withOwnInode(path, fs.lstatSync(path, options)),
    linkSync: (from: string, to: string) => {
      fs.linkSync(from, to);
      onLink.call?.();
    },
  };
});

const temp = useTemp();
let delivery = '';
let archive = '';
beforeEach(() => {
  onLink.call = null;
  ({ delivery, archive } = makeDirectories(temp()));
});

describe('where each name of a file has an inode number of its own', () => {
  test.each(['keep_both', 'replace'] as const)('a file is moved as a copy (%s)', async (onConflict) => {
    writeFileSync(join(archive, 'a'), 'former');
    const file = deliver(join(delivery, 'a'), 'x');
    const found = archived((await transfer(request(archive, [file], { action: 'move', onConflict })))[0]);
    expect(readFileSync(found.path, 'utf8')).toBe('x');
    expect(names(archive)).toEqual(onConflict === 'replace' ? ['a'] : ['a', 'a_1']);
    expect(
      removeSources({ files: [{ ...file, identity: found.identity, copy: null }], followSymlinks: false }),
    ).toEqual([{ outcome: 'removed' }]);
  });

  test('a hard link is refused with a reason, instead of being taken for a change of the file', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    const [found] = await transfer(request(archive, [file], { action: 'hardlink' }));
    expect(found).toMatchObject({ outcome: 'failed', error: { code: 'LINK_REFUSED' } });
    expect(names(archive)).toEqual([]);
    expect(lstatSync(file.path).nlink).toBe(1);
  });

  test('a file that is exchanged as it is linked has changed', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    onLink.call = () => {
      writeFileSync(join(delivery, 'b'), 'y');
      renameSync(join(delivery, 'b'), file.path);
    };
    expect(await transfer(request(archive, [file], { action: 'move' }))).toEqual([{ outcome: 'changed' }]);
    expect(names(archive)).toEqual([]);
  });
});
