import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { writeNewFile, writeWholeFile } from '../../src/core/new-file.ts';
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

const module = JSON.stringify(new URL('../../src/core/new-file.ts', import.meta.url).href);

/** Writes a file in a process of its own, called by a shell. */
function inShell(line: string, path: string, content: string) {
  const code = `import { writeWholeFile } from ${module}; writeWholeFile(${JSON.stringify(path)}, ${content});`;
  return spawnSync('sh', ['-c', line, process.execPath, code], { cwd: temp(), encoding: 'utf8' });
}

test('a file that cannot be written as a whole is left as it was', () => {
  const path = join(temp(), 'chart.svg');
  writeFileSync(path, 'former');
  // Where a file may not grow larger, it is as on a full disk.
  const { status, stderr } = inShell(
    'trap "" XFSZ; ulimit -f 1; exec "$0" --input-type=module -e "$1"',
    path,
    "'x'.repeat(100_000)",
  );
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('EFBIG') });
  expect(readFileSync(path, 'utf8')).toBe('former');
  expect(readdirSync(temp())).toEqual(['chart.svg']);
});

test('a file that is written anew keeps its mode, and the links and names that it has', () => {
  const path = join(temp(), 'chart.svg');
  const [link, latest, second] = ['link.svg', 'latest.svg', 'second.svg'].map((name) => join(temp(), name));
  symlinkSync('latest.svg', link!);
  symlinkSync('chart.svg', latest!);
  writeWholeFile(link!, 'first');
  expect(readFileSync(path, 'utf8')).toBe('first');
  chmodSync(path, 0o604);
  writeWholeFile(latest!, 'next');
  expect(readFileSync(path, 'utf8')).toBe('next');
  expect(statSync(path).mode & 0o777).toBe(0o604);
  expect([link, latest].map((name) => lstatSync(name!).isSymbolicLink())).toEqual([true, true]);
  linkSync(path, second!);
  writeWholeFile(path, 'last');
  expect(readFileSync(second!, 'utf8')).toBe('last');
  expect(() => writeWholeFile(temp(), '')).toThrow('EISDIR');
});

test('what others go on writing to is written to', () => {
  symlinkSync('/dev/stdout', join(temp(), 'out'));
  const { stderr } = inShell(
    '{ echo a; "$0" --input-type=module -e "$1"; echo c; } >> x.txt',
    join(temp(), 'out'),
    "'b\\n'",
  );
  expect(stderr).toBe('');
  expect(readFileSync(join(temp(), 'x.txt'), 'utf8')).toBe('b\nc\n');
});
