import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { binPath, runProgram } from '../support/cli.ts';
import { listFiles, until } from '../support/project.ts';

/** A project as a user makes it, with the real command in processes of its own. */
class UserProject {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<UserProject> {
    const directory = await mkdtemp(join(tmpdir(), 'carbonation-e2e-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const project = new UserProject(directory);
    expect((await project.carbonation('init')).code).toBe(0);
    const config = await readFile(project.path('config.toml'), 'utf8');
    await writeFile(project.path('config.toml'), config.replace('settle_seconds = 2.0', 'settle_seconds = 0.05'));
    expect((await project.carbonation('db', 'init')).code).toBe(0);
    return project;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  carbonation(...args: readonly string[]) {
    return runProgram(process.execPath, [binPath, ...args], this.directory);
  }

  /** Starts `carbonation run` and gives what it says on stderr. */
  start(): { readonly process: ChildProcess; readonly said: () => string } {
    let text = '';
    const child = spawn(process.execPath, [binPath, 'run'], {
      cwd: this.directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    return { process: child, said: () => text };
  }

  async deliver(stem: string, text: string): Promise<void> {
    const sample = { start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'alpha', source: stem };
    await writeFile(this.path(`delivery/${stem}.json`), JSON.stringify(sample));
    await writeFile(this.path(`delivery/${stem}.txt`), text);
  }
}

describe('the command', () => {
  it('archives the first delivery of an untouched scaffold', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'carbonation-e2e-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const run = (...args: readonly string[]) => runProgram(process.execPath, [binPath, ...args], directory);
    expect((await run('init')).code).toBe(0);
    const sample = { start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'alpha', source: 'x' };
    await writeFile(join(directory, 'delivery/a.json'), JSON.stringify(sample));
    await writeFile(join(directory, 'delivery/a.txt'), 'the text of the sample');
    expect((await run('check', 'config')).code).toBe(0);
    const once = await run('-c', 'config.toml', 'run', '--once');
    expect(once).toMatchObject({ code: 0, stdout: expect.stringContaining('1 archived') });
    expect(once.stderr).toContain('the database is made');
    expect(await readFile(join(directory, 'archive/alpha/20260101/a.json'), 'utf8')).toBe(JSON.stringify(sample));
    expect((await run('status')).stdout).toContain('archived');

    // Where there is an archive already, a database that is not there has been lost.
    await rm(join(directory, 'carbonation.db'));
    const missing = await run('run', '--once');
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('carbonation db init') });
  });

  it('stops cleanly on Ctrl+C and says so by its exit code', async () => {
    const project = await UserProject.create();
    const { process: service, said } = project.start();
    await until('the service is ready', () => said().includes('ready'));
    await project.deliver('a', 'the text of the group');
    await until('the group is archived', async () => (await listFiles(project.path('archive'))).length === 2);
    service.kill('SIGINT');
    const [code] = await once(service, 'exit');
    expect(code).toBe(0);
    expect((await readdir(project.directory)).filter((name) => name.endsWith('-wal'))).toEqual([]);
    expect((await project.carbonation('status')).stdout).toContain('not running');
  });

  it.skipIf(!existsSync('/dev/full'))('archives also where its log cannot be written', async () => {
    const project = await UserProject.create();
    const full = await open('/dev/full', 'w');
    const service = spawn(process.execPath, [binPath, 'run'], {
      cwd: project.directory,
      stdio: ['ignore', 'ignore', full.fd],
    });
    onTestFinished(() => void service.kill('SIGKILL'));
    await full.close();
    await project.deliver('a', 'the text of the group');
    await until('the group is archived', async () => (await listFiles(project.path('archive'))).length === 2);
    service.kill('SIGTERM');
    expect(await once(service, 'exit')).toEqual([0, null]);
  });

  it('ends also when nobody reads its log any more', async () => {
    const project = await UserProject.create();
    const path = project.path('pipe');
    execFileSync('mkfifo', [path]);
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    // Until it is full, which it says by an error.
    const fill = (size: number) => {
      for (;;) writeSync(pipe, Buffer.alloc(size));
    };
    for (const size of [4096, 1]) expect(() => fill(size)).toThrow('EAGAIN');
    const service = spawn(process.execPath, [binPath, 'run'], {
      cwd: project.directory,
      stdio: ['ignore', 'ignore', pipe],
    });
    onTestFinished(() => {
      service.kill('SIGKILL');
      closeSync(pipe);
    });
    await project.deliver('a', 'the text of the group');
    await until('the group is archived', async () => (await listFiles(project.path('archive'))).length === 2);
    service.kill('SIGTERM');
    expect(await once(service, 'exit')).toEqual([0, null]);
  });

  it('a second service says who holds the database, and leaves', async () => {
    const project = await UserProject.create();
    const { process: service, said } = project.start();
    await until('the service is ready', () => said().includes('ready'));
    const second = await project.carbonation('run');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`process ${service.pid}`);
    expect(second.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  });
});
