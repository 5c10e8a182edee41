import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { writeNewFile } from '../../src/core/new-file.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();

test('a new file is never there without its content, at whatever moment the process ends', async () => {
  const path = join(temp(), 'config.toml');
  const content = 'a = 1\n';
  const seen = new Set<string>();
  let isDone = false;
  const writing = writeNewFile(path, content).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    if (existsSync(path)) seen.add(readFileSync(path, 'utf8'));
    await turn();
  }
  await writing;
  expect([...seen]).toEqual([content]);
  await expect(writeNewFile(path, 'b = 2\n')).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readFileSync(path, 'utf8')).toBe(content);
});
