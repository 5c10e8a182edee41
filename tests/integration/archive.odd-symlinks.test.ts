import type * as Fs from 'node:fs';
import { readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, test, vi } from 'vitest';

import { archived, deliver, makeDirectories, names, request, transfer } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  return {
    ...fs,
    readlinkSync: vi.fn<(path: string) => string>(fs.readlinkSync),
    symlinkSync: vi.fn<typeof fs.symlinkSync>(fs.symlinkSync),
  };
});

const temp = useTemp();
let delivery = '';
let archive = '';
beforeEach(() => {
  ({ delivery, archive } = makeDirectories(temp()));
});

const refuse = (): string => {
  throw Object.assign(new Error('EPERM: operation not permitted, readlink'), { code: 'EPERM' });
};

describe('a symbolic link that does not lead to the file, as over sshfs', () => {
  test.each([
    ['EPERM', refuse],
    ['it reads ../mnt/a', () => '../mnt/a'],
  ])('is no archived file, and does not stay (%s)', async (why, read) => {
    vi.mocked(readlinkSync).mockImplementationOnce(read);
    const one = request(archive, [deliver(join(delivery, 'a'), 'x')], { action: 'symlink' });
    const message = expect.stringContaining(why);
    const remedy = expect.stringContaining('action = "copy"');
    expect(await transfer(one)).toMatchObject([
      { outcome: 'failed', error: { code: 'TRANSFER_FAILED', message, remedy } },
    ]);
    expect(names(archive)).toEqual([]);
    expect(archived((await transfer(one))[0]).path).toBe(join(archive, 'a'));
  });

  test('replaces nothing', async () => {
    writeFileSync(join(archive, 'a'), 'former');
    vi.mocked(readlinkSync).mockImplementationOnce(refuse);
    const file = deliver(join(delivery, 'a'), 'x');
    const [found] = await transfer(request(archive, [file], { action: 'symlink', onConflict: 'replace' }));
    expect(found).toMatchObject({ outcome: 'failed' });
    expect(names(archive)).toEqual(['a']);
    expect(readFileSync(join(archive, 'a'), 'utf8')).toBe('former');
  });
});

test('where there are no symbolic links, that is said, with what helps', async () => {
  vi.mocked(symlinkSync).mockImplementationOnce(() => {
    throw Object.assign(new Error('ENOSYS: function not implemented, symlink'), { code: 'ENOSYS' });
  });
  const [found] = await transfer(request(archive, [deliver(join(delivery, 'a'), 'x')], { action: 'symlink' }));
  const message = expect.stringContaining('ENOSYS');
  expect(found).toMatchObject({ outcome: 'failed', error: { message, remedy: 'use action = "copy" or "move"' } });
});
