import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { binPath, runProgram } from '../support/cli.ts';
import { listFiles } from '../support/project.ts';

const sample = '{"start":"2026-01-01T00:00:00Z","stop":"2026-01-01T01:00:00Z","category":"alpha"}';

it('a group at which the plugin ends the whole process fails by itself, and holds up no other one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'carbonation-plugin-end-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const carbonation = (...args: readonly string[]) => runProgram(process.execPath, [binPath, ...args], directory);
  const edit = async (name: string, change: (text: string) => string) => {
    const path = join(directory, name);
    const text = await readFile(path, 'utf8');
    const changed = change(text);
    expect(changed).not.toBe(text);
    await writeFile(path, changed);
  };
  expect((await carbonation('init')).code).toBe(0);
  await edit('config.toml', (text) =>
    text.replace('settle_seconds = 2.0', 'settle_seconds = 0.05').replace(/^# max_retries = .*$/m, 'max_retries = 0'),
  );
  // As a native module does that comes upon a file which it cannot read.
  await edit('my_plugin/src/extractors.ts', (text) =>
    text.replace(
      'const document',
      "if (path.endsWith('fatal.json')) process.kill(process.pid, 'SIGKILL');\n  const document",
    ),
  );
  expect((await carbonation('db', 'init')).code).toBe(0);
  for (const stem of ['a', 'b', 'fatal', 'y', 'z']) {
    await writeFile(join(directory, `delivery/${stem}.json`), sample);
    await writeFile(join(directory, `delivery/${stem}.txt`), 'some text here');
  }
  const archived = async () => (await listFiles(join(directory, 'archive'))).length;

  const runEnds = () => expect(carbonation('run', '--once')).rejects.toMatchObject({ signal: 'SIGKILL' });

  // Nobody knows which one it was; it is noted; it was no accident.
  for (let end = 0; end < 3; end += 1) await runEnds();
  const survived = await carbonation('run', '--once');
  expect(survived).toMatchObject({ code: 0, stderr: expect.stringContaining('ended without a word') });
  expect(survived.stdout).toMatch(
    /^ *failed +my-watch\/fatal: sample ended the whole process, several times in a row$/m,
  );
  expect(await archived()).toBe(8);
  expect((await carbonation('run', '--once')).code).toBe(0);

  // Whoever has mended the plugin asks for another try.
  await edit('my_plugin/src/extractors.ts', (text) => text.replace('SIGKILL', 'SIGCONT'));
  expect((await carbonation('retry')).code).toBe(0);
  expect((await carbonation('run', '--once')).code).toBe(0);
  expect(await archived()).toBe(10);
}, 60_000);
