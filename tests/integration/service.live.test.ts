import { appendFile, mkdir, open, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { partPath } from '../../src/archive/index.ts';
import { CarbonationError } from '../../src/errors/index.ts';
import { CommitThread } from '../../src/store/index.ts';
import { FilePool, PluginPool } from '../../src/workers/index.ts';
import { runCli } from '../support/cli.ts';
import { TestProject, until } from '../support/project.ts';

async function stateOf(project: TestProject, groupKey: string): Promise<unknown> {
  const rows = await project.rows(`select state from files where group_key = '${groupKey}'`);
  return rows[0]?.['state'];
}

/** Has a service archive a group, and one of its files that is delivered anew. */
async function archiveTwice(project: TestProject): Promise<void> {
  const service = await project.start();
  await project.deliverGroup('a');
  await until('it is archived', async () => (await stateOf(project, 'a')) === 'archived');
  await project.deliver('a.txt', 'the second text of a');
  await until('so is what was delivered anew', async () => (await project.archived()).length === 3);
  await service.stop();
}

describe('run', () => {
  it('archives what is delivered while it runs, and stops when told to', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('before');
    const service = await project.start();
    await project.deliverGroup('during');
    await until('both are archived', async () => (await project.archived()).length === 4);
    const report = await service.stop();
    expect(report).toMatchObject({ outcome: 'stopped', failure: null });
    expect(await stateOf(project, 'before')).toBe('archived');
    expect(await stateOf(project, 'during')).toBe('archived');
    expect(service.log.lines.filter((line) => /^(ERROR|CRITICAL)/.test(line))).toEqual([]);
  });

  it('has no more groups in memory than may be there at once', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace(/^# max_active_groups = .*$/m, 'max_active_groups = 3'),
    });
    for (let i = 0; i < 20; i += 1) await project.deliverGroup(`g${i}`);
    let active = (): number => 0;
    let most = 0;
    const service = await project.start({
      serve: ({ signs }) => {
        active = () => signs().queue.active;
        return Promise.resolve({ note: () => undefined, close: () => Promise.resolve() });
      },
      onEnter: () => void (most = Math.max(most, active())),
    });
    await until('all are archived', async () => (await project.archived()).length === 40);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
    expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
  });

  it('gives each transfer temporary names of its own, also of the same file', async () => {
    onTestFinished(() => void vi.restoreAllMocks());
    const transfers = vi.spyOn(FilePool.prototype, 'transfer');
    const project = await TestProject.create();
    await archiveTwice(project);
    const owners = transfers.mock.calls.map(([{ owner }]) => owner);
    expect(owners.length).toBeGreaterThan(1);
    expect(new Set(owners).size).toBe(owners.length);
  });

  it('has the next try sweep where only some files of a group have failed, and no try after that', async () => {
    onTestFinished(() => void vi.restoreAllMocks());
    const { transfer } = FilePool.prototype;
    const transfers = vi.spyOn(FilePool.prototype, 'transfer').mockImplementationOnce(async function (
      this: FilePool,
      request,
    ) {
      const [first, ...others] = await transfer.call(this, request);
      const error = new CarbonationError('TRANSFER_FAILED', 'the disk does not answer').toPlain();
      return first === undefined ? [] : [{ outcome: 'failed', error }, ...others];
    });
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\nretry_delay = "0.3s"'),
    });
    await archiveTwice(project);
    const { directory } = transfers.mock.calls[0]?.[0] ?? {};
    expect(transfers.mock.calls.map(([{ sweeps }]) => sweeps)).toEqual([null, directory, null]);
  });

  it('wants no metadata any more of files that have changed meanwhile', async () => {
    onTestFinished(() => void vi.restoreAllMocks());
    const { extract } = PluginPool.prototype;
    const { promise: changed, resolve: goOn } = Promise.withResolvers<void>();
    const extracts = vi.spyOn(PluginPool.prototype, 'extract').mockImplementationOnce(async function (
      this: PluginPool,
      ...asked
    ) {
      await changed;
      return extract.apply(this, asked);
    });
    const project = await TestProject.create();
    const service = await project.start();
    await project.deliverGroup('a');
    await until('its metadata is asked for', () => extracts.mock.calls.length === 1);
    await project.deliver('a.txt', 'the second text of a');
    await until('it is asked for anew', () => extracts.mock.calls.length === 2);
    expect(extracts.mock.calls.map(([, signal]) => signal?.aborted)).toEqual([true, false]);
    goOn();
    await until('it is archived', async () => (await stateOf(project, 'a')) === 'archived');
    await service.stop();
  });

  it('never takes a file that is still being written', async ({ skip }) => {
    const project = await TestProject.create({
      config: (text) => text.replace('settle_seconds = 0.05', 'settle_seconds = 0.4'),
    });
    const service = await project.start();
    await project.deliver(
      'a.json',
      JSON.stringify({ start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'alpha' }),
    );
    const path = project.path('delivery/a.txt');
    const writer = await open(path, 'w');
    let written = '';
    // Longer than the settle time in all, never that long at rest.
    const end = performance.now() + 1500;
    let lastAt = performance.now();
    let longestRest = 0;
    while (performance.now() < end) {
      const line = `line at ${performance.now()}\n`;
      await writer.write(line);
      written += line;
      longestRest = Math.max(longestRest, performance.now() - lastAt);
      lastAt = performance.now();
      const archived = await project.archived();
      skip(longestRest > 300, 'the machine stood still, and the file was at rest');
      expect(archived).toEqual([]);
      await until('some time has passed', () => performance.now() % 50 < 5, 1000);
    }
    await writer.close();
    await until('the group is archived', async () => (await project.archived()).length === 2);
    await service.stop();
    const rows = await project.rows("select size_bytes from file_components where filename = 'a.txt'");
    expect(rows).toEqual([{ size_bytes: Buffer.byteLength(written) }]);
  });

  it('says nothing against the database when it is stopped while it takes directories of a former run off the record', async () => {
    const project = await TestProject.create();
    await project.run(`insert into open_directories values ('x', '${project.path('archive/alpha')}', 0)`);
    const stop = new AbortController();
    const ended = Promise.withResolvers<never>();
    const { close } = CommitThread.prototype;
    vi.spyOn(CommitThread.prototype, 'recordDirectories').mockImplementation(() => {
      stop.abort();
      return ended.promise;
    });
    vi.spyOn(CommitThread.prototype, 'close').mockImplementation(function (this: CommitThread) {
      ended.reject(Object.assign(new Error('the thread has ended'), { code: 'THREAD_ENDED' }));
      return close.call(this);
    });
    const { log, failure } = await project.runOnce({ once: false, signal: stop.signal });
    expect(failure).toBeNull();
    expect(log.said('the database does not answer')).toBe(0);
  });

  it('leaves what another process asked for to that one when it is stopped in the middle of it', async () => {
    const project = await TestProject.create({
      config: (text) =>
        text
          .replace('settle_seconds = 0.05', 'settle_seconds = 3')
          .replace('[service]', '[service]\npoll_interval = "0.1s"'),
    });
    const service = await project.start();
    await project.deliverGroup('a');
    const asked = project.runOnce();
    await until('it is being done', () => {
      const { lines } = service.log;
      const from = lines.findIndex((line) => line.includes('another process asks to reconcile'));
      return from >= 0 && lines.slice(from).some((line) => line.includes('reconciled'));
    });
    expect(await service.stop()).toMatchObject({ outcome: 'stopped', failure: null });
    expect(await asked).toMatchObject({ outcome: 'stopped', handedOverTo: null, archived: 1 });
  });

  it('assesses a refused file of a waiting group again when a person asks, with the group still on time', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\npoll_interval = "0.2s"'),
    });
    const service = await project.start();
    await project.deliver('a.json', '');
    await project.deliver('a.txt', 'the text of a');
    await until('it waits', async () => (await stateOf(project, 'a')) === 'waiting');
    const [before] = await project.rows('select due_at from files');
    const retried = await runCli(['retry', '--status', 'integrity_failed'], { cwd: project.directory });
    expect(retried).toMatchObject({ code: 0, stdout: '1 group to be tried again\n' });
    const asked = "select to_state from group_transitions where event = 'assessment.requested'";
    await until('it is assessed again', async () => (await project.rows(asked)).length > 0);
    await until('it has its own deadline again', async () => {
      const [now] = await project.rows('select state, due_at from files');
      return now?.['state'] === 'waiting' && now['due_at'] === before?.['due_at'];
    });
    await service.stop();
  });

  it('takes files that are moved in, in sub-directories too', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('settle_seconds = 0.05', 'settle_seconds = 0.05\nrecursive = true'),
    });
    const service = await project.start();
    await mkdir(project.path('staging'));
    await project.deliverGroup('../staging/a');
    await rename(project.path('staging'), project.path('delivery/sub'));
    await until('the group is archived', async () => (await project.archived()).length === 2);
    await service.stop();
    expect(await stateOf(project, 'sub/a')).toBe('archived');
  });

  it('gives a group up on time, without waiting for a reconciliation', async () => {
    const project = await TestProject.create({
      rules: (text) =>
        text
          .replace('on_timeout = "warn"', 'on_timeout = "skip"')
          .replace(/timeout_minutes = \d+/, 'timeout_minutes = 0.01'),
    });
    const service = await project.start();
    await project.deliver('a.txt', 'only the text');
    await until('the group has timed out', async () => (await stateOf(project, 'a')) === 'timed_out');
    await project.deliverGroup('a');
    await until('the late file revives it', async () => (await stateOf(project, 'a')) === 'archived');
    await service.stop();
  });

  it('retries when the delay is over, with the obstacle gone in between', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\nretry_delay = "0.3s"'),
    });
    await writeFile(project.path('archive'), 'in the way');
    const service = await project.start();
    await project.deliverGroup('a');
    await until('the first try has failed', async () => (await stateOf(project, 'a')) === 'retry_pending');
    await rm(project.path('archive'));
    await until('the group is archived', async () => (await stateOf(project, 'a')) === 'archived');
    await service.stop();
  });

  it('removes at the next try what a thread that has died was writing', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\nretry_delay = "0.3s"'),
    });
    const transfer = vi.spyOn(FilePool.prototype, 'transfer').mockImplementationOnce(async (request) => {
      await mkdir(request.directory, { recursive: true });
      for (const { path } of request.files) await writeFile(partPath(request.directory, request.owner, path), 'half');
      throw new CarbonationError('WORKER_CRASHED', 'out of memory');
    });
    onTestFinished(() => transfer.mockRestore());
    const service = await project.start();
    await project.deliverGroup('a');
    await until('the group is archived', async () => (await stateOf(project, 'a')) === 'archived');
    expect(transfer.mock.calls).toHaveLength(2);
    expect((await readdir(project.path('archive/alpha/20260101'))).toSorted()).toEqual(['a.json', 'a.txt']);
    await service.stop();
  });

  it('applies edited rules live, keeps the old ones when the edit is invalid, and judges what was not selected again', async () => {
    const project = await TestProject.create();
    const service = await project.start();
    await project.deliverGroup('a', { category: null, source: 'station' });
    await until('the group is not selected', async () => (await stateOf(project, 'a')) === 'not_selected');
    await project.edit('rules.toml', (text) => text.replace('has_keys = ["category"]', 'has_keyz = ["source"]'));
    await until('the edit is rejected', () => service.log.lines.some((line) => line.includes('rules.toml is invalid')));
    expect(service.log.lines.join('\n')).toContain('has_keyz');
    expect(await stateOf(project, 'a')).toBe('not_selected');
    await project.edit('rules.toml', (text) => text.replace('has_keyz = ["source"]', 'has_keys = ["source"]'));
    await until('the group is judged by the new rules', async () => (await stateOf(project, 'a')) === 'failed');
    await service.stop();
    const versions = await project.rows(
      'select distinct rules_version from group_transitions where rules_version is not null',
    );
    expect(versions).toHaveLength(2);
  });

  it('takes up rules that were edited after a start had read them, and before it watched them', async () => {
    const project = await TestProject.create();
    const read = await project.open();
    await project.edit('rules.toml', (text) => `${text}# another version\n`);
    const opens = vi.spyOn(project, 'open').mockResolvedValue(read);
    onTestFinished(() => opens.mockRestore());
    const service = await project.start();
    await until('the new rules are in force', () => service.log.said('SUCCESS new rules are in force') > 0);
    await service.stop();
  });

  it('takes up rules that are edited behind a symbolic link, of which no event tells', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\npoll_interval = "0.2s"'),
    });
    await mkdir(project.path('elsewhere'));
    await rename(project.path('rules.toml'), project.path('elsewhere/rules.toml'));
    await symlink('elsewhere/rules.toml', project.path('rules.toml'));
    const service = await project.start();
    await project.edit('elsewhere/rules.toml', (text) => `${text}# another version\n`);
    await until('the new rules are in force', () => service.log.said('SUCCESS new rules are in force') > 0);
    await service.stop();
  });

  it('keeps the rules when their file is gone, and says when it is back as it was', async () => {
    const project = await TestProject.create();
    const service = await project.start();
    const rules = await readFile(project.path('rules.toml'), 'utf8');
    await rm(project.path('rules.toml'));
    await until('it is said that the file is gone', () => service.log.said('rules.toml does not exist') > 0);
    expect(service.log.said('ERROR rules.toml is invalid; the former rules stay in force')).toBe(1);
    expect(service.log.said('a part of the service failed')).toBe(0);
    await project.deliverGroup('a');
    await until('the group is archived', async () => (await stateOf(project, 'a')) === 'archived');
    await writeFile(project.path('rules.toml'), rules);
    await until(
      'it is said that it is back',
      () => service.log.said('SUCCESS rules.toml holds the rules in force again') > 0,
    );
  });

  it('reads its rules again when that is asked while it starts', async () => {
    const project = await TestProject.create();
    const reload = new EventTarget();
    const service = await project.start({
      reload,
      serve: async () => {
        // They have been read, and are not watched yet.
        await project.edit('rules.toml', (text) => text.replace('value = 10', 'value = 11'));
        reload.dispatchEvent(new Event('reload'));
        return { note: () => undefined, close: () => Promise.resolve() };
      },
    });
    await until('the new rules are in force', () => service.log.said('new rules are in force') > 0);
    // That it was asked is said in any case: of rules that have not changed nothing else is.
    expect(service.log.said('INFO rules.toml is read again')).toBe(1);
    await service.stop();
  });

  it('waits for a delivery directory that is away, and takes what is in it when it is back', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\npoll_interval = "0.2s"'),
    });
    await project.deliver('w.txt', 'waits for its json');
    const service = await project.start();
    await until('the first file waits', async () => (await stateOf(project, 'w')) === 'waiting');
    await rename(project.path('delivery'), project.path('unmounted'));
    await until('the watch is lost', () => service.log.lines.some((line) => line.includes('the watch is lost')));
    expect(await stateOf(project, 'w')).toBe('waiting');
    await rename(project.path('unmounted'), project.path('delivery'));
    await project.deliverGroup('a');
    await until('the group is archived', async () => (await stateOf(project, 'a')) === 'archived');
    expect(await stateOf(project, 'w')).toBe('waiting');
    await service.stop();
  });

  it('waits for a database that is away, says so once, and loses nothing', async () => {
    const project = await TestProject.create();
    const service = await project.start();
    // Another process: locks of one process do not hold against itself.
    const hold = `const d = new (require('node:sqlite').DatabaseSync)(process.argv[1]); d.exec('begin exclusive'); console.log('held'); process.stdin.resume();`;
    const other = spawn(process.execPath, ['-e', hold, project.path('carbonation.db')], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    onTestFinished(() => void other.kill('SIGKILL'));
    await once(other.stdout, 'data');
    await project.deliverGroup('a');
    await until('the service waits', () =>
      service.log.lines.some((line) => line.includes('the database does not answer')),
    );
    await project.deliverGroup('b');
    other.kill('SIGKILL');
    await until('both are archived', async () => (await project.archived()).length === 4);
    await until('both are recorded', async () => (await stateOf(project, 'b')) === 'archived');
    expect(await stateOf(project, 'a')).toBe('archived');
    await service.stop();
    expect(service.log.lines.filter((line) => line.includes('the database answers again'))).toHaveLength(1);
  });

  it('takes a file again that is appended to after it was archived', async () => {
    const project = await TestProject.create();
    const service = await project.start();
    await project.deliverGroup('a');
    await until('the group is archived', async () => (await stateOf(project, 'a')) === 'archived');
    await appendFile(project.path('delivery/a.txt'), ' and more');
    await until('the second revision is archived', async () =>
      (await project.archived()).includes('alpha/20260101/a_1.txt'),
    );
    await service.stop();
  });
});
