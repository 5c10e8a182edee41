import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { openStore } from '../../src/api/index.ts';
import { listenToSignals } from '../../src/cli/signals.ts';
import type { runService, RunReport } from '../../src/service/index.ts';
import { binPath, runCli, runProgram, type CliResult } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';

const service = vi.hoisted(() => ({ runService: vi.fn<typeof runService>() }));
vi.mock('../../src/service/index.ts', () => service);

const directory = useTemp();
const cli = (...argv: string[]): Promise<CliResult> => runCli(argv, { cwd: directory() });

const report: RunReport = {
  outcome: 'stopped',
  failure: null,
  handedOverTo: null,
  watches: [],
  groups: [
    { watchName: 'w', groupKey: 'good', state: 'archived', reason: null, archivePath: '/store/good.txt', files: 2 },
    { watchName: 'w', groupKey: 'bad\n\u001B[2J', state: 'failed', reason: 'no archive', archivePath: null, files: 1 },
  ],
  archived: 1,
  waiting: 0,
  failed: 1,
  open: { waiting: 0, timedOut: 0, failed: 1 },
};

/** As the service does, which begins by opening the database. */
function openFirst(): void {
  service.runService.mockImplementation(async (project, { dryRun }) => {
    if (!dryRun) await (await openStore(project)).close();
    return report;
  });
}

beforeEach(async () => {
  service.runService.mockReset();
  service.runService.mockResolvedValue(report);
  await cli('init');
  // Not the project's first run, which would make its database.
  mkdirSync(join(directory(), 'archive'));
});

describe('run', () => {
  it('the first of a project makes its database; not a dry one, and not where something has been archived', async () => {
    openFirst();
    const database = join(directory(), 'carbonation.db');
    await cli('run');
    expect(existsSync(database)).toBe(false);
    rmSync(join(directory(), 'archive'), { recursive: true });
    await cli('run', '--dry-run');
    expect(existsSync(database)).toBe(false);
    expect((await cli('run', '--once')).stderr).toMatch(
      /SUCCESS {2}the database is made database=\S+ migrations=\d+\n/,
    );
    expect(existsSync(database)).toBe(true);
  });

  it('makes the database also where the first of a project was killed while it did so; not where something has been archived', async () => {
    openFirst();
    const database = join(directory(), 'carbonation.db');
    writeFileSync(database, '');
    const made = /SUCCESS {2}the database is made/;
    expect((await cli('run', '--once')).stderr).not.toMatch(made);
    rmSync(join(directory(), 'archive'), { recursive: true });
    expect((await cli('run', '--once')).stderr).toMatch(made);
    expect((await cli('run', '--once')).stderr).not.toMatch(made);
  });

  it('gives the service the project, the options and a log on stderr', async () => {
    service.runService.mockImplementation(async (project, options) => {
      options.log.info('hello', { watches: project.config.watches.length });
      return report;
    });
    const { code, stdout, stderr } = await cli('run');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/ INFO {5}hello watches=1\n$/);
    expect(service.runService.mock.lastCall?.[1]).toMatchObject({ once: false, dryRun: false });
  });

  it('logs what is suspicious in the files, and says once that it is a warning', async () => {
    const path = join(directory(), 'config.toml');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"*.txt", "*.json"', '"*.txt"'));
    const { stderr } = await cli('run');
    expect(stderr).toMatch(/ WARNING {2}\S+config\.toml:\d+: watch\[0\]\.patterns: .*"\*\.json"/);
    expect(stderr).not.toMatch(/WARNING.*warning:/);
  });

  it('--once sums up and names what did not finish, on one line each', async () => {
    const { code, stdout } = await cli('run', '--once');
    expect(code).toBe(0);
    expect(stdout).toBe('1 archived, 0 waiting, 1 failed\n  failed w/bad\\n\\u001b[2J: no archive\n');
    expect(service.runService.mock.lastCall?.[1].once).toBe(true);
  });

  it.each([
    [{ waiting: 0, timedOut: 0, failed: 3 }, 'open in all: 0 waiting, 3 failed'],
    [{ waiting: 2, timedOut: 1, failed: 1 }, 'open in all: 2 waiting, 1 timed out, 1 failed'],
  ])('--once says what is open beside what it touched: %j', async (open, text) => {
    service.runService.mockResolvedValue({ ...report, open });
    const { stdout } = await cli('run', '--once');
    expect(stdout.split('\n')[0]).toBe(`1 archived, 0 waiting, 1 failed in this run; ${text}`);
  });

  it('--dry-run shows what would be done as a table', async () => {
    const { stdout } = await cli('run', '--dry-run');
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^watch +group +would be +files +archive path +reason$/),
      expect.stringMatching(/^w +good +archived +2 +\/store\/good\.txt$/),
      expect.stringMatching(/^w +bad\\n\\u001b\[2J +failed +1 +no archive$/),
      '',
      'dry run, nothing was changed: 1 archived, 0 waiting, 1 failed',
      '',
    ]);
  });

  it('prints the whole report as JSON', async () => {
    const { stdout } = await cli('run', '--once', '--format', 'json');
    expect(JSON.parse(stdout)).toEqual(report);
    expect(stdout).not.toContain('\u001B');
  });

  it('fails when the service does, with its reason', async () => {
    service.runService.mockResolvedValue({ ...report, outcome: 'failed', failure: 'the database is gone' });
    const { code, stderr } = await cli('run');
    expect(code).toBe(1);
    expect(stderr).toBe('error: the database is gone\n  see the log\n');
  });

  it('that could not read a watch says how it can be read', async () => {
    const unread = {
      watch: 'w',
      found: 0,
      fresh: 0,
      gone: 0,
      removed: 0,
      brake: null,
      unknownPaths: [],
      isRead: false,
    };
    service.runService.mockResolvedValue({
      ...report,
      outcome: 'failed',
      failure: 'watch w could not be read: /w does not exist',
      watches: [{ ...unread, problems: ['/w does not exist'] }],
    });
    expect(await cli('run', '--once')).toMatchObject({
      code: 1,
      stderr:
        'error: watch w could not be read: /w does not exist\n  check that the directory exists, is mounted and may be read\n',
    });
  });

  it('leaves no signal listener behind', async () => {
    const before = process.listenerCount('SIGTERM');
    let during = 0;
    service.runService.mockImplementation(async () => {
      during = process.listenerCount('SIGTERM');
      return report;
    });
    await cli('run');
    expect(during).toBe(before + 1);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});

describe('listenToSignals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('stops in good order at the first %s, and ends at once with %i at the second', (name, code) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const source = new EventEmitter();
    const exit = vi.fn<(code: number) => void>();
    const { signal } = listenToSignals(source, exit);
    expect(signal.aborted).toBe(false);
    source.emit(name);
    expect(signal.aborted).toBe(true);
    // That of npm or npx, which has had the same Ctrl+C.
    vi.advanceTimersByTime(100);
    source.emit(name);
    expect(exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(400);
    source.emit(name);
    expect(exit).toHaveBeenCalledWith(code);
  });

  it('asks for the rules at each SIGHUP, and stops nothing', () => {
    const source = new EventEmitter();
    const { signal, reload } = listenToSignals(source);
    const heard = vi.fn<() => void>();
    reload.addEventListener('reload', heard);
    source.emit('SIGHUP');
    source.emit('SIGHUP');
    expect(heard).toHaveBeenCalledTimes(2);
    expect(signal.aborted).toBe(false);
  });

  it('asks for them once there is a service, when a SIGHUP came before', () => {
    const source = new EventEmitter();
    const { reload } = listenToSignals(source);
    source.emit('SIGHUP');
    source.emit('SIGHUP');
    const heard = vi.fn<() => void>();
    reload.addEventListener('reload', heard);
    expect(heard).toHaveBeenCalledTimes(1);
    source.emit('SIGHUP');
    expect(heard).toHaveBeenCalledTimes(2);
  });

  it('a SIGHUP does not end a service of which nothing has been loaded yet', async () => {
    const hangUp = `
      import module from 'node:module';
      module.enableCompileCache = () => process.kill(process.pid, 'SIGHUP');
      module.syncBuiltinESMExports();`;
    const early = ['--import', `data:text/javascript,${encodeURIComponent(hangUp)}`];
    const run = await runProgram(
      process.execPath,
      [...early, binPath, '-c', 'config.toml', 'run', '--dry-run'],
      directory(),
    );
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing') });
  });
});
