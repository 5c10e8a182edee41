import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { hash } from 'node:crypto';
import { join } from 'node:path';

import { expect, test, vi } from 'vitest';

import { inspectGroup } from '../../src/workers/inspect.ts';
import { deliver } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

vi.mock('node:fs', { spy: true });

const temp = useTemp();

test('a manifest is read once for the files of a directory, by whatever number that is open', () => {
  mkdirSync(join(temp(), 'sub'));
  const names = ['a', 'b', 'c'].map((name) => `sub/${name}`);
  const files = names.map((name) => ({ ...deliver(join(temp(), name), name), name, archivedSha256: null }));
  writeFileSync(
    join(temp(), 'sub', 'SHA256SUMS'),
    names.map((name) => `${hash('sha256', name)}  ${name.slice(4)}\n`).join(''),
  );
  vi.mocked(readFileSync).mockClear();
  const opened: number[] = [];
  for (const file of files) {
    const request = { files: [file], checks: [{ type: 'checksum' } as const], followSymlinks: false };
    expect(inspectGroup(request)).toMatchObject([{ verdict: 'passed' }]);
    // As other threads do.
    opened.push(openSync(temp(), 'r'));
  }
  for (const fd of opened) closeSync(fd);
  expect(readFileSync).toHaveBeenCalledTimes(1);
});
