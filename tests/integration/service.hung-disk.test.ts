import type * as FsPromises from 'node:fs/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../src/api/connect.ts';
import { stableKey, systemClock, type Clock } from '../../src/core/index.ts';
import { everything } from '../../src/service/delivery/order.ts';
import { FilePool } from '../../src/workers/index.ts';
import { hurriedClock } from '../support/clock.ts';
import { collectLog, TestProject, until } from '../support/project.ts';

/** A path that calls hang on, how many do, and what lets them go on. */
const hung = vi.hoisted(() => ({ path: '', calls: 0, disk: Promise.withResolvers<void>() }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FsPromises>();
  const whenBack = async (path: unknown) => {
    if (path !== hung.path) return;
    hung.calls += 1;
    await hung.disk.promise;
    hung.calls -= 1;
  };
  const stat = (path: string) => whenBack(path).then(() => real.stat(path));
  const statfs = (path: string) => whenBack(path).then(() => real.statfs(path));
  const readdir = (path: string, options: { withFileTypes: true }) =>
    whenBack(path).then(() => real.readdir(path, options));
  return { ...real, stat, statfs, readdir };
});

/** From now on what is asked of this path has no answer. */
function hang(path: string): void {
  hung.path = path;
  hung.disk = Promise.withResolvers();
}

/** The disk is back. */
function answer(): void {
  hung.path = '';
  hung.disk.resolve();
}

afterEach(answer);

const hurried = hurriedClock(10_000, 50, hurriedClock(60_000, 50));
/** Ten seconds and a minute, which a disk is waited for, are over at once while it hangs: on a busy machine others take 50 ms, too. */
const clock: Clock = { ...hurried, after: (...asked) => (hung.path === '' ? systemClock : hurried).after(...asked) };

/** A project with a watch of which a part hangs, before and after the usual one. */
async function projectOf(): Promise<TestProject> {
  const watchOf = (name: string) => `
[[watch]]
name = "${name}"
path = "${name}"
recursive = true
rules = "my-rules"
settle_seconds = 0.05
`;
  const project = await TestProject.create({
    config: (text) =>
      text
        .replace(/^poll_interval = .*$|^# poll_interval = .*$/m, 'poll_interval = "0.1s"')
        .replace('\n[[watch]]', `${watchOf('hung')}\n[[watch]]`),
  });
  await mkdir(project.path('hung/sub'), { recursive: true });
  return project;
}

const groupsOf = async (project: TestProject) =>
  (await project.rows('select watch_name, state from files')).map(
    (row) => `${String(row['watch_name'])} ${String(row['state'])}`,
  );

describe('a disk that does not answer', () => {
  it('loses its watch, is asked only once, and is read when it is back; the other watch goes on', async () => {
    const project = await projectOf();
    const service = await project.start({ clock });
    await until('it has been read', () =>
      service.log.lines.some((line) => line.startsWith('INFO reconciled') && line.includes('"hung"')),
    );
    hang(project.path('hung'));
    await until('the watch is lost', () => service.log.said('does not answer') > 0);
    await project.deliverGroup('a');
    await until('the other one archives', async () => (await groupsOf(project)).includes('my-watch archived'));
    for (const name of ['b.txt', 'b.json']) await writeFile(project.path(join('hung', name)), '{}');
    // The other one may be looked for, too: for its disk 50 ms are too little on a busy machine.
    const lost = service.log.lines.filter(
      (line) => line.startsWith('ERROR the watch is lost') && line.includes('"hung"'),
    );
    expect([hung.calls, lost.length]).toEqual([1, 1]);
    answer();
    await until('it is read', async () => (await groupsOf(project)).length === 2);
    await service.stop();
  });

  it('at the start keeps the service from nothing else', async () => {
    const project = await projectOf();
    hang(project.path('hung'));
    const service = await project.start({ clock });
    await project.deliverGroup('a');
    await until('the other one archives', async () => (await groupsOf(project)).includes('my-watch archived'));
    expect(hung.calls).toBe(1);
    await service.stop();
  });

  it('is not waited for by others when the rules are others, and its files go to their groups when it is back', async () => {
    const project = await projectOf();
    await writeFile(project.path('hung/b.meta.json'), 'more than ten bytes');
    await project.runOnce();
    await project.edit('rules.toml', (text) => text.replaceAll('".json"', '".meta.json"'));
    await project.deliver('a.txt', 'the text of a');
    hang(project.path('hung'));
    const service = await project.start({ clock });
    await until('the other one is read', async () => (await groupsOf(project)).includes('my-watch waiting'));
    expect(await groupsOf(project)).toContain('hung waiting');
    answer();
    await until('it is judged', async () => (await groupsOf(project)).includes('hung cleared'));
    await until('its file is in its group', async () => (await groupsOf(project)).includes('hung waiting'));
    await service.stop();
  });

  it('in the middle of a reconciliation does not hold up those of others, and is read when it is back', async () => {
    const project = await projectOf();
    await project.deliverGroup('a');
    hang(project.path('hung/sub'));
    const service = await project.start({ clock });
    await until('the other one archives', async () => (await groupsOf(project)).includes('my-watch archived'));
    // The hurried clock may have come to the next reconciliation already.
    expect(service.log.said('WARNING a watch cannot be read')).toBeGreaterThan(0);
    await writeFile(project.path('hung/sub/b.txt'), 'the text of b');
    const asked = await project.runOnce({ order: { ...everything, watches: ['hung'] } });
    expect(asked).toMatchObject({ outcome: 'failed', failure: expect.stringContaining('does not answer') });
    answer();
    await until('it is read', async () => (await groupsOf(project)).includes('hung waiting'));
    await service.stop();
  });

  it('is waited for by a run that nobody is left to go on with', async () => {
    const project = await projectOf();
    await writeFile(project.path('hung/sub/b.txt'), 'the text of b');
    hang(project.path('hung/sub'));
    let isOver = false;
    let limits = 0;
    const after: Clock['after'] = (ms, run) =>
      clock.after(ms, () => {
        limits += ms === 60_000 ? 1 : 0;
        run();
      });
    const log = collectLog();
    const run = project.runOnce({ clock: { ...clock, after }, log }).finally(() => (isOver = true));
    await until('it has been waited for', () => limits === 1);
    expect([isOver, hung.calls]).toEqual([false, 1]);
    expect(log.lines.join('\n')).toContain('a watch is waited for; without it this run does not end');
    answer();
    expect(await run).toMatchObject({ outcome: 'stopped', failure: null });
    expect(await groupsOf(project)).toEqual(['hung waiting']);
  });

  it('in the middle of a run that ends is waited for, and the run says so', async () => {
    const project = await projectOf();
    await writeFile(project.path('hung/b.txt'), 'the text of b');
    const log = collectLog();
    const disk = Promise.withResolvers<undefined>();
    const real = FilePool.prototype.inspect;
    const inspections = vi.spyOn(FilePool.prototype, 'inspect').mockImplementation(async function (
      this: FilePool,
      ...asked
    ) {
      await until('all is read', () => log.said('INFO reconciled') === 2);
      hang(project.path('hung'));
      await disk.promise;
      return real.apply(this, asked);
    });
    onTestFinished(() => inspections.mockRestore());
    const run = project.runOnce({ clock, log });
    await until('it says so', () => log.said('a watch is waited for; without it this run does not end') > 0);
    answer();
    disk.resolve(undefined);
    expect(await run).toMatchObject({ outcome: 'stopped', failure: null });
    expect(await groupsOf(project)).toEqual(['hung waiting']);
  });

  it('of an archive shows at the watch whose groups wait for it, and they are archived when it is back', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    await project.runOnce();
    await project.deliverGroup('b');
    hang(project.path('archive'));
    const service = await project.start({ clock });
    await using db = await connect(project.path('config.toml'));
    const shown = async () => (await db.getServiceStatus()).health[0];
    await until('it shows', async () => (await shown())?.health === 'failing');
    expect(await shown()).toMatchObject({
      reason: `1 group cannot go on, as b: ${project.path('archive')} does not answer: its disk or server may be away`,
      command: 'carbonation doctor',
    });
    answer();
    await until('it is archived', async () => (await groupsOf(project)).every((one) => one === 'my-watch archived'));
    await until('all is well', async () => (await shown())?.health === 'ok');
    await service.stop();
  });

  it('of an archive does not hold up a start that is to remove what a crash has left there', async () => {
    onTestFinished(() => void vi.restoreAllMocks());
    const disk = Promise.withResolvers<number>();
    const sweeps = vi.spyOn(FilePool.prototype, 'sweep').mockReturnValue(disk.promise);
    const project = await projectOf();
    const directories = ['archive/alpha/20260101', 'archive/beta'].map((name) => project.path(name));
    for (const path of directories)
      await project.run(`insert into open_directories values ('${stableKey(path)}', '${path}', 0)`);
    const service = await project.start({ clock });
    await project.deliverGroup('a');
    await until('it archives', async () => (await groupsOf(project)).includes('my-watch archived'));
    const swept = sweeps.mock.calls.map(([{ directory }]) => directory);
    expect(swept, 'a second one would keep another thread').toEqual([expect.stringMatching(/archive\/(alpha|beta)/)]);
    expect(service.log.lines).toContainEqual(
      expect.stringContaining('WARNING an archive does not answer; what a crash has left there stays'),
    );
    disk.resolve(0);
    await service.stop();
    const rows = await project.rows('select path from open_directories order by path');
    expect(rows, 'the next start looks there').toEqual(directories.map((path) => ({ path })));
  });

  it('of an archive does not hold up reconciliations when a group there has files that belong to another watch by now', async () => {
    onTestFinished(() => void vi.restoreAllMocks());
    const project = await TestProject.create({
      config: (text) => text.replace('# recursive = false', 'recursive = true'),
    });
    await mkdir(project.path('delivery/part'));
    await project.deliverGroup('part/a');
    const disk = Promise.withResolvers<never>();
    const transfers = vi.spyOn(FilePool.prototype, 'transfer').mockReturnValue(disk.promise);
    const killed = await project.start({ clock: hurriedClock(30_000, 0) });
    await until('it is being archived', () => transfers.mock.calls.length === 1);
    await until('that is on record', async () => (await groupsOf(project)).includes('my-watch transferring'));
    await killed.stop();
    const part = '[[watch]]\nname = "part"\npath = "delivery/part"\nrules = "my-rules"\nsettle_seconds = 0.05\n\n';
    await project.edit('config.toml', (text) => text.replace('[[watch]]', `${part}[[watch]]`));
    const service = await project.start({ clock: hurriedClock(30_000, 0) });
    await until('all is reconciled', () => service.log.said('ready') > 0);
    expect(service.log.said('files go to the watch that they belong to by now')).toBe(1);
    disk.reject(new Error('the disk is back'));
    await service.stop();
  });

  it('of an archive does not hold up a start when a group goes there that has let go of a file under other rules', async () => {
    onTestFinished(() => void vi.restoreAllMocks());
    const expected = (...extensions: readonly string[]) => `expected_extensions = ${JSON.stringify(extensions)}`;
    const former = expected('.txt', '.json', '.meta.json', '.log');
    const project = await TestProject.create({
      rules: (text) => text.replace(/^expected_extensions = .*$/m, former),
    });
    await project.deliverGroup('a');
    await project.deliver('a.meta.json', '{}');
    await project.runOnce();
    expect(await groupsOf(project)).toEqual(['my-watch waiting']);
    await project.edit('rules.toml', (text) => text.replace(former, expected('.txt', '.json')));
    const disk = Promise.withResolvers<never>();
    const transfers = vi.spyOn(FilePool.prototype, 'transfer').mockReturnValue(disk.promise);
    const service = await project.start({ clock: hurriedClock(30_000, 0) });
    await until('it is being archived', () => transfers.mock.calls.length === 1);
    expect(service.log.said('ready')).toBe(1);
    await project.deliver('b.txt', 'another one');
    await until('others go on', async () => (await groupsOf(project)).includes('my-watch waiting'));
    disk.reject(new Error('the disk is back'));
    await until('the file is in its group', async () => {
      const rows = await project.rows("select group_key from files where state = 'waiting' order by group_key");
      return rows.map(({ group_key }) => group_key).join() === 'a.meta,b';
    });
    await service.stop();
  });
});
