import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { binPath, runProgram } from '../support/cli.ts';
import { listFiles, until } from '../support/project.ts';

/** In a user namespace of its own, so that the limit is nobody else's. */
const limited = (limit: string, command: string): readonly string[] => [
  '--user',
  '--map-root-user',
  'sh',
  '-c',
  `echo 0 > /proc/sys/user/${limit} && ${command}`,
];

const canTest = spawnSync('unshare', limited('max_inotify_watches', 'true')).status === 0;
if (!canTest) process.stderr.write('\n!!! SKIPPED: no inotify watches left, no user namespaces here\n\n');

const sample = '{"start":"2026-01-01T00:00:00Z","stop":"2026-01-01T01:00:00Z","category":"alpha"}';

it.runIf(canTest).for([
  ['max_inotify_watches', 'ENOSPC', 'max_user_watches'],
  ['max_inotify_instances', 'EMFILE', 'max_user_instances'],
] as const)('without file events it scans, says so in log and status, and takes edited rules up: %s', async (row) => {
  const [limit, code, remedy] = row;
  const directory = await mkdtemp(join(tmpdir(), 'carbonation-inotify-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const carbonation = (...args: readonly string[]) => runProgram(process.execPath, [binPath, ...args], directory);
  for (const args of [['init'], ['db', 'init']]) expect((await carbonation(...args)).code).toBe(0);
  const configPath = join(directory, 'config.toml');
  const config = await readFile(configPath, 'utf8');
  await writeFile(
    configPath,
    config
      .replace('[service]', '[service]\npoll_interval = "0.2s"')
      .replace('settle_seconds = 2.0', 'settle_seconds = 0.05'),
  );

  const service = spawn('unshare', limited(limit, `exec ${process.execPath} ${binPath} run`), {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void service.kill('SIGKILL'));
  let said = '';
  service.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until('it is ready', () => said.includes('ready'), 30_000);
  expect(said).toContain('file events are limited; the directory is scanned instead');
  expect(said).toContain('no file events for rules.toml');
  await writeFile(join(directory, 'delivery/a.json'), sample);
  await writeFile(join(directory, 'delivery/a.txt'), 'some text here');
  await until('it is archived', async () => (await listFiles(join(directory, 'archive'))).length === 2, 30_000);
  const reason = `${code}.*\\(raise fs\\.inotify\\.${remedy}, then restart the service\\)`;
  expect((await carbonation('status')).stdout).toMatch(
    new RegExp(`my-watch +scanning .*${reason} +carbonation doctor$`, 'm'),
  );
  const rulesPath = join(directory, 'rules.toml');
  await writeFile(rulesPath, `${await readFile(rulesPath, 'utf8')}\n# changed\n`);
  await until('the rules are taken up', () => said.includes('new rules are in force'), 30_000);
  expect(said.match(/directory is scanned instead/g)).toHaveLength(1);
});
