import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { deliver, makeDirectories, names, request, transfer } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();

/** A transfer into an archive whose directory is at this moment the one that `root` makes of it. */
async function into(root: (found: { device: number; inode: number }) => { device: number; inode: number | null }) {
  const { delivery, archive } = makeDirectories(temp());
  const { dev: device, ino: inode } = statSync(archive);
  const file = deliver(join(delivery, 'a'), 'content');
  const [found] = await transfer(request(archive, [file], { root: root({ device, inode }) }));
  return { found, names: names(archive) };
}

describe('an archive that must be a certain directory', () => {
  test.each([
    ['is it', (root: object) => root],
    ['is on its device, with whatever inode', (root: object) => ({ ...root, inode: null })],
  ] as const)('%s: it takes files', async (_, change) => {
    const { found, names: there } = await into((root) => ({ ...root, ...change(root) }));
    expect(found).toMatchObject({ outcome: 'archived' });
    expect(there).toEqual(['a']);
  });

  test.each([
    ['is on another device', (root: { device: number }) => ({ device: root.device + 1, inode: null })],
    ['has another inode', (root: { inode: number }) => ({ inode: root.inode + 1 })],
  ] as const)('%s: nothing is put there', async (_, change) => {
    const { found, names: there } = await into((root) => ({ ...root, ...change(root) }));
    expect(found).toMatchObject({ outcome: 'failed', error: { code: 'ARCHIVE_AWAY' } });
    expect(there).toEqual([]);
  });

  test('is not there: it is not made', async () => {
    const { delivery, archive } = makeDirectories(temp());
    const { dev: device, ino: inode } = statSync(archive);
    rmSync(archive, { recursive: true });
    const file = deliver(join(delivery, 'a'), 'content');
    const one = request(join(archive, 'deep'), [file], { basePath: archive, root: { device, inode } });
    expect(await transfer(one)).toMatchObject([{ outcome: 'failed', error: { code: 'ARCHIVE_AWAY' } }]);
    expect(names(temp())).toEqual(['delivery']);
  });
});
