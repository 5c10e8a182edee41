import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/core/index.ts';
import { scaffold } from '../../src/scaffold/index.ts';
import { GroupStore } from '../../src/store/index.ts';
import { binPath, runProgram } from '../support/cli.ts';
import { TestProject, until } from '../support/project.ts';

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

/** A notify socket as systemd has one. */
interface NotifySocket {
  readonly directory: string;
  readonly path: string;
  readonly heard: () => string;
  /** When the watchdog was fed, in ms of this process's clock. */
  readonly pings: readonly number[];
}

async function notifySocket(): Promise<NotifySocket> {
  const directory = await mkdtemp(join(tmpdir(), 'carbonation-systemd-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'notify');
  const listening = spawn('python3', ['-c', receiver, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void listening.kill());
  let heard = '';
  const pings: number[] = [];
  listening.stdout.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    heard += text;
    for (const _ of text.matchAll(/WATCHDOG=1/g)) pings.push(performance.now());
  });
  await until('the socket is there', () => heard.includes('listening'));
  return { directory, path, heard: () => heard, pings };
}

/** Scaffolds a project and starts the command `run` in it. */
async function startService({ directory, path }: NotifySocket, nodeOptions = '', config = (text: string) => text) {
  for (const args of [
    ['init', '--systemd'],
    ['db', 'init'],
  ]) {
    expect((await runProgram(process.execPath, [binPath, ...args], directory)).code).toBe(0);
  }
  const configPath = join(directory, 'config.toml');
  await writeFile(configPath, config(await readFile(configPath, 'utf8')));
  const service = spawn(process.execPath, [binPath, 'run'], {
    cwd: directory,
    stdio: 'ignore',
    env: { ...process.env, NOTIFY_SOCKET: path, NODE_OPTIONS: nodeOptions },
  });
  onTestFinished(() => void service.kill('SIGKILL'));
  return service;
}

const often = (text: string) =>
  text.replace('[service]', '[service]\nheartbeat_interval = "0.1s"\npoll_interval = "0.1s"');

describe.runIf(canTest)('systemd', () => {
  it('is told when the service is ready, that it lives, reloads and stops', async () => {
    const socket = await notifySocket();
    const { directory, heard } = socket;
    const service = await startService(socket);
    expect(await readFile(join(directory, 'carbonation.service'), 'utf8')).toContain('Type=notify');
    await until('it is ready', () => heard().includes('READY=1'));
    expect(heard()).toMatch(/STATUS=\d+ in the queue/);
    await until('the watchdog is fed', () => heard().includes('WATCHDOG=1'));
    const rules = await readFile(join(directory, 'rules.toml'), 'utf8');
    await runProgram('sh', ['-c', `printf '%s\\n# changed\\n' "$1" > rules.toml`, 'sh', rules], directory);
    await until('it reloads', () => heard().includes('RELOADING=1'));
    service.kill('SIGTERM');
    await until('it stops', () => heard().includes('STOPPING=1'));
  });

  it('is told that the service is ready again, also when groups could not be judged by the new rules', async () => {
    const { path, heard } = await notifySocket();
    vi.stubEnv('NOTIFY_SOCKET', path);
    onTestFinished(() => void vi.unstubAllEnvs());
    const project = await TestProject.create();
    const service = await project.start();
    await until('it is ready', () => heard().includes('READY=1'));
    const pages = vi.spyOn(GroupStore.prototype, 'groupsInStates').mockRejectedValueOnce(new Error('refused'));
    onTestFinished(() => pages.mockRestore());
    await project.edit('rules.toml', (text) => `${text}\n# changed\n`);
    await until('it has failed', () => service.log.said('a part of the service failed') > 0);
    await until('it is ready again', () => /RELOADING=1.*READY=1/s.test(heard()));
    await service.stop();
  });

  it('hears nothing of a service whose scheduler is stuck, though it still beats, and again when it goes on', async () => {
    const { path, pings } = await notifySocket();
    vi.stubEnv('NOTIFY_SOCKET', path);
    onTestFinished(() => void vi.unstubAllEnvs());
    const project = await TestProject.create({ config: often });
    let shiftMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + shiftMs };
    const service = await project.start({ clock });
    await until('the watchdog is fed', () => pings.length > 0);

    let release = () => {};
    const stuck = new Promise<void>((resolve) => {
      release = resolve;
    });
    const look = vi.spyOn(GroupStore.prototype, 'dueGroups').mockImplementation(async () => {
      await stuck;
      return [];
    });
    onTestFinished(() => look.mockRestore());
    await until('its look does not return', () => look.mock.calls.length > 0);
    shiftMs = 600_000;
    const beats = () => service.log.lines.filter((line) => line.includes('heartbeat')).length;
    const beaten = async (count: number) => {
      const before = beats();
      await until(`${count} beats`, () => beats() >= before + count);
    };
    // Those that were under way arrive meanwhile, on a busy machine some beats later. Then there are none.
    let before: number;
    do {
      before = pings.length;
      await beaten(10);
    } while (pings.length > before);
    release();
    await until('the watchdog is fed again', () => pings.length > before);
    expect(await service.stop()).toMatchObject({ outcome: 'stopped', failure: null });
  });

  it('hears nothing while the main thread is blocked', async () => {
    const socket = await notifySocket();
    const { pings } = socket;
    const blockMs = 1500;
    const block = `process.on('SIGUSR2', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${blockMs}));`;
    const service = await startService(socket, `--import=data:text/javascript,${encodeURIComponent(block)}`, often);
    await until('the watchdog is fed', () => pings.length > 2);
    const at = performance.now();
    service.kill('SIGUSR2');
    await until('it is fed again after the block', () => pings.some((ping) => ping > at + blockMs), 20_000);
    const around = pings.filter((ping) => ping > at - blockMs);
    const longest = Math.max(...around.map((ping, i) => ping - (around[i - 1] ?? ping)));
    expect(longest).toBeGreaterThan(blockMs * 0.8);
  });
});

const canVerify = has('systemd-analyze');
if (!canVerify) process.stderr.write('\n!!! SKIPPED: the check of the systemd unit, no systemd-analyze here\n\n');

it.runIf(canVerify)('writes a unit that systemd has nothing to say against, wherever the project is', async () => {
  const place = await mkdtemp(join(tmpdir(), 'carbonation-unit-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  for (const name of ['plain', 'with space & 100%']) {
    const directory = join(place, name);
    await scaffold({ directory, systemd: true, user: 'root' });
    const unit = join(directory, 'carbonation.service');
    const { code, stdout, stderr } = await runProgram('systemd-analyze', ['verify', unit], directory);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  }
  // That it would complain.
  const broken = join(place, 'plain/carbonation.service');
  await writeFile(broken, (await readFile(broken, 'utf8')).replace('Type=notify', 'Type=nonsense'));
  expect((await runProgram('systemd-analyze', ['verify', broken], place)).stderr).toContain('nonsense');
});
