import type * as Fs from 'node:fs';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, test, vi } from 'vitest';

import { archived, deliver, makeDirectories, names, request, transfer } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

/** What the file system says of a name with a colon, and what happens before. */
const says = vi.hoisted(() => ({ code: 'EINVAL', hasLinks: true, first: null as (() => void) | null }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const fault = (code: string): never => {
    throw Object.assign(new Error(`${code}: as a file system says that does not take it`), { code });
  };
  const refuse = (to: string): void => {
    says.first?.();
    if (to.includes(':')) fault(says.code);
  };
  return {
    ...fs,
    linkSync: (from: string, to: string) => {
      if (!says.hasLinks) fault('EPERM');
      refuse(to);
      fs.linkSync(from, to);
    },
    renameSync: (from: string, to: string) => {
      refuse(to);
      fs.renameSync(from, to);
    },
  };
});

const temp = useTemp();
let delivery = '';
let archive = '';
beforeEach(() => {
  Object.assign(says, { code: 'EINVAL', hasLinks: true, first: null });
  ({ delivery, archive } = makeDirectories(temp()));
});

describe('a name that the file system of the archive does not take', () => {
  test.each([
    ['copy', 'EINVAL', true],
    ['copy', 'ENOENT', false],
    ['move', 'EINVAL', true],
    ['hardlink', 'EILSEQ', true],
  ] as const)('is said, with what helps (%s, %s)', async (action, code, hasLinks) => {
    Object.assign(says, { code, hasLinks });
    const files = [deliver(join(delivery, 'a:b'), 'x'), deliver(join(delivery, 'c'), 'y')];
    const [refused, taken] = await transfer(request(archive, files, { action }));
    const message = expect.stringContaining('takes no file of the name "a:b"');
    const remedy = expect.stringContaining('have it delivered under another name');
    expect(refused).toMatchObject({ outcome: 'failed', error: { code: 'TRANSFER_FAILED', message, remedy } });
    expect(archived(taken).path).toBe(join(archive, 'c'));
    expect(names(archive)).toEqual(['c']);
  });

  test('is not blamed where the directory of the archive has gone', async () => {
    says.code = 'ENOENT';
    says.first = () => rmSync(archive, { recursive: true });
    const [refused] = await transfer(request(archive, [deliver(join(delivery, 'a:b'), 'x')]));
    expect(refused).toMatchObject({ outcome: 'failed', error: { code: 'TRANSFER_FAILED' } });
    expect(JSON.stringify(refused)).not.toContain('takes no file');
  });
});
