import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { binPath, runProgram } from '../support/cli.ts';
import { until } from '../support/project.ts';

/** Receives datagrams on a Unix socket and prints each on a line: Node has no such sockets. */
const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True:
    print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
`;

const has = (program: string) => spawnSync('which', [program]).status === 0;
const canTest = has('python3') && has('systemd-notify');
if (!canTest) process.stderr.write('\n!!! SKIPPED: systemd notification, no python3 or systemd-notify here\n\n');

it.runIf(canTest)('tells systemd when it is ready, that it lives, reloads and stops', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'carbonation-systemd-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const socket = join(directory, 'notify');
  const listening = spawn('python3', ['-c', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void listening.kill());
  let heard = '';
  listening.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  await until('the socket is there', () => heard.includes('listening'));

  for (const args of [
    ['init', '--systemd'],
    ['db', 'init'],
  ]) {
    expect((await runProgram(process.execPath, [binPath, ...args], directory)).code).toBe(0);
  }
  expect(await readFile(join(directory, 'carbonation.service'), 'utf8')).toContain('Type=notify');
  const service = spawn(process.execPath, [binPath, 'run'], {
    cwd: directory,
    stdio: 'ignore',
    env: { ...process.env, NOTIFY_SOCKET: socket },
  });
  onTestFinished(() => void service.kill('SIGKILL'));
  await until('it is ready', () => heard.includes('READY=1'));
  expect(heard).toMatch(/STATUS=\d+ in the queue/);
  await until('the watchdog is fed', () => heard.includes('WATCHDOG=1'));
  const rules = await readFile(join(directory, 'rules.toml'), 'utf8');
  await runProgram('sh', ['-c', `printf '%s\\n# changed\\n' "$1" > rules.toml`, 'sh', rules], directory);
  await until('it reloads', () => heard.includes('RELOADING=1'));
  service.kill('SIGTERM');
  await until('it stops', () => heard.includes('STOPPING=1'));
});
