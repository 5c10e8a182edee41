import type * as FsPromises from 'node:fs/promises';
import { mkdir, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/core/index.ts';
import { everything, makeOrder, type ReconcileOrder } from '../../src/service/delivery/order.ts';
import { runCli } from '../support/cli.ts';
import { hurriedClock } from '../support/clock.ts';
import { errorOf } from '../support/settler.ts';
import { TestProject, until } from '../support/project.ts';

/** Directories whose entries cannot be read, and files that cannot be looked at. */
const unreadable = vi.hoisted(() => new Map<string, string>());
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FsPromises>();
  const readdir = (path: string, options: { withFileTypes: true }) => {
    const code = unreadable.get(path);
    return code === undefined ? real.readdir(path, options) : Promise.reject(errorOf(code));
  };
  const stat = (...asked: Parameters<typeof real.stat>) => {
    const code = unreadable.get(String(asked[0]));
    return code === undefined ? real.stat(...asked) : Promise.reject(errorOf(code));
  };
  return { ...real, readdir, stat };
});

/** Brakes that hold from the third file on. */
const tight = (text: string) =>
  text
    .replace('# max_gone_files = 50', 'max_gone_files = 2')
    .replace(/^# recursive = .*$/m, 'recursive = true')
    .replace(/^poll_interval = .*$|^# poll_interval = .*$/m, 'poll_interval = "0.1s"');

/** Delivers groups that wait for their other file. */
async function deliverWaiting(project: TestProject, ...stems: readonly string[]): Promise<void> {
  for (const stem of stems) await project.deliver(`${stem}.txt`, `the text of ${stem}`);
}

async function statuses(project: TestProject): Promise<Readonly<Record<string, string>>> {
  const rows = await project.rows('select filename, status from file_components order by filename');
  return Object.fromEntries(rows.map(({ filename, status }) => [String(filename), String(status)]));
}

const reconcile = (project: TestProject, order: Partial<ReconcileOrder> = {}) =>
  project.runOnce({ order: { ...everything, ...order } });

describe('a watch whose directory is another one than before', () => {
  it('of everything stands for a service that looks from time to time, of a part does not', async () => {
    const project = await TestProject.create({});
    const cli = (...words: string[]) => runCli(words, { cwd: project.directory });
    const health = async () => JSON.parse((await cli('status', '--format', 'json')).stdout).health;
    await project.deliver('a.txt', 'the first half of a');
    expect(await cli('reconcile', 'delivery', 'delivery/a.txt')).toMatchObject({ code: 0 });
    expect(await health()).toMatchObject([{ health: 'stale', reason: expect.stringContaining('`reconcile PATHS`') }]);
    expect(await cli('reconcile', 'delivery')).toMatchObject({ code: 0 });
    expect(await health()).toMatchObject([{ name: 'my-watch', health: 'waiting' }]);
  });

  it('clears nothing as long as files are gone, takes in what is new, and is as before when the disk is back', async () => {
    const project = await TestProject.create({ config: tight });
    await deliverWaiting(project, 'a', 'b');
    await project.runOnce();
    await rename(project.path('delivery'), project.path('disk'));
    await mkdir(project.path('delivery'));
    await deliverWaiting(project, 'new');

    const held = await project.runOnce();
    expect(held).toMatchObject({ outcome: 'failed', watches: [{ found: 1, fresh: 1, gone: 2, removed: 0 }] });
    expect(held.failure).toContain('is its disk mounted?');
    expect(held.log.lines.filter((line) => line.startsWith('ERROR reconciliation is held back'))).toHaveLength(1);
    expect(await statuses(project)).toEqual({ 'a.txt': 'waiting', 'b.txt': 'waiting', 'new.txt': 'waiting' });
    // Nor does a group conclude anything that is looked at meanwhile, as by other rules.
    await project.edit('rules.toml', (text) => `${text}\n# other rules`);
    await project.runOnce();
    expect(await statuses(project)).toMatchObject({ 'a.txt': 'waiting', 'b.txt': 'waiting' });

    await rm(project.path('delivery'), { recursive: true });
    await rename(project.path('disk'), project.path('delivery'));
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', watches: [{ gone: 1, removed: 1 }] });
    expect(await statuses(project)).toEqual({ 'a.txt': 'waiting', 'b.txt': 'waiting', 'new.txt': 'cleared' });
    const reasons = await project.rows("select reason from files where group_key in ('a', 'b')");
    expect(reasons.map(({ reason }) => reason)).toEqual(['waiting for .json', 'waiting for .json']);
  });

  it('is accepted when nothing is gone, and with --force when something is', async () => {
    const project = await TestProject.create({ config: tight });
    await project.runOnce();
    await rm(project.path('delivery'), { recursive: true });
    await mkdir(project.path('delivery'));
    await deliverWaiting(project, 'a');
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped' });
    await rename(project.path('delivery'), project.path('former'));
    await mkdir(project.path('delivery'));
    expect(await project.runOnce()).toMatchObject({ outcome: 'failed' });
    expect(await reconcile(project, { force: true })).toMatchObject({ outcome: 'stopped', watches: [{ removed: 1 }] });
    expect(await statuses(project)).toEqual({ 'a.txt': 'cleared' });
    expect(await project.runOnce(), 'the new mark is recorded').toMatchObject({ outcome: 'stopped' });
  });

  it('is the same one when only the numbers of the disks have changed', async () => {
    const project = await TestProject.create({ config: tight });
    await deliverWaiting(project, 'a', 'b');
    await project.runOnce();
    await project.rows('update watch_roots set device = device + 1');
    await unlink(project.path('delivery/a.txt'));
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', watches: [{ removed: 1 }] });
    await project.rows('update watch_roots set device = device + 1');
    await unlink(project.path('delivery/b.txt'));
    // No file is left to tell by.
    expect(await project.runOnce()).toMatchObject({ outcome: 'failed', watches: [{ gone: 1, removed: 0 }] });
  });

  it('is the same one when all inode numbers have been given anew, as with each mount over sshfs', async () => {
    const project = await TestProject.create({ config: tight });
    await deliverWaiting(project, 'a', 'b');
    await project.runOnce();
    await project.rows('update watch_roots set inode = inode + 1');
    await project.rows('update file_components set inode = inode + 1');
    await unlink(project.path('delivery/a.txt'));
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', watches: [{ gone: 1, removed: 1 }] });
    expect(await statuses(project)).toEqual({ 'a.txt': 'cleared', 'b.txt': 'waiting' });
  });
});

describe('files that are gone', () => {
  it('are cleared unless they are too many at once; those that are archived do not count', async () => {
    const project = await TestProject.create({ config: tight });
    await project.deliverGroup('done');
    await deliverWaiting(project, 'a', 'b', 'c', 'd');
    await project.runOnce();
    for (const name of ['done.txt', 'done.json', 'a.txt', 'b.txt']) await unlink(project.path(`delivery/${name}`));
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', watches: [{ gone: 4, removed: 4 }] });

    await deliverWaiting(project, 'e');
    await project.runOnce();
    for (const name of ['c.txt', 'd.txt', 'e.txt']) await unlink(project.path(`delivery/${name}`));
    const held = await project.runOnce();
    expect(held).toMatchObject({ outcome: 'failed', watches: [{ gone: 3, removed: 0 }] });
    expect(held.failure).toContain('3 of 3 files that are not archived yet are gone at once');
    expect(await statuses(project)).toMatchObject({ 'c.txt': 'waiting', 'd.txt': 'waiting', 'e.txt': 'waiting' });

    const dry = await runCli(['reconcile', 'delivery', '--force', '--dry-run'], { cwd: project.directory });
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/my-watch +0 +0 +3 +3 +0$/m) });
    expect(await statuses(project)).toMatchObject({ 'c.txt': 'waiting', 'd.txt': 'waiting', 'e.txt': 'waiting' });

    const cli = (...words: string[]) => runCli(['reconcile', 'delivery', ...words], { cwd: project.directory });
    const refused = await cli();
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringMatching(/my-watch +0 +0 +3 +0 +0 +held back$/m) });
    expect(refused.stderr).toMatch(
      /`carbonation reconcile delivery --watch my-watch --force`\n {2}find out where its files are/,
    );
    const forced = await cli('--force', '--format', 'json', '--workers', '1');
    expect(forced.code).toBe(0);
    expect(JSON.parse(forced.stdout)).toMatchObject({
      watches: [{ watch: 'my-watch', found: 0, fresh: 0, gone: 3, removed: 3, brake: null, problems: [] }],
      groups: [{ state: 'cleared' }, { state: 'cleared' }, { state: 'cleared' }],
    });
    expect(await statuses(project)).toMatchObject({ 'c.txt': 'cleared', 'd.txt': 'cleared', 'e.txt': 'cleared' });
  });

  it('below a directory that cannot be read are not concluded to be gone', async () => {
    const project = await TestProject.create({ config: tight });
    await mkdir(project.path('delivery/sub/deeper'), { recursive: true });
    await writeFile(project.path('delivery/sub/deeper/a.txt'), 'the text of a');
    await deliverWaiting(project, 'b');
    await project.runOnce();
    await unlink(project.path('delivery/sub/deeper/a.txt'));
    await unlink(project.path('delivery/b.txt'));
    unreadable.set(project.path('delivery/sub'), 'EIO');
    const report = await project.runOnce();
    unreadable.clear();
    expect(report).toMatchObject({
      outcome: 'stopped',
      watches: [{ gone: 1, removed: 1, problems: [expect.stringContaining('EIO')] }],
    });
    const told = report.log.lines.filter((line) => line.startsWith('WARNING not taken in'));
    expect(told).toEqual([expect.stringContaining('EIO')]);
    expect(await statuses(project)).toEqual({ 'a.txt': 'waiting', 'b.txt': 'cleared' });
    expect(await project.runOnce()).toMatchObject({ watches: [{ removed: 1, problems: [] }] });
  });
});

describe('what cannot be read for a while', () => {
  const health = async (project: TestProject) =>
    JSON.parse((await runCli(['status', '--format', 'json'], { cwd: project.directory })).stdout).health[0];

  /** A project of which one directory cannot be read, with this error. */
  async function withUnreadable(code: string): Promise<TestProject> {
    const project = await TestProject.create({ config: tight });
    await mkdir(project.path('delivery/sub'));
    unreadable.set(project.path('delivery/sub'), code);
    onTestFinished(() => unreadable.clear());
    return project;
  }

  /** A clock by which the pauses, which are doubled each time, take so many ms until they take an hour. */
  const withShortPauses = (ms: number) =>
    [1, 2, 4, 8, 16, 32].reduce((clock, minutes) => hurriedClock(minutes * 60_000, ms, clock), systemClock);

  it.each(['EMFILE', 'EIO'])('is read a minute later, as the status says meanwhile (%s)', async (code) => {
    const project = await withUnreadable(code);
    await writeFile(project.path('delivery/sub/a.txt'), 'the text of a');
    const service = await project.start({ clock: withShortPauses(300) });
    const reason = async () => (await health(project)).reason ?? '';
    await until('it shows', async () => /something in it could not be read: .*\/sub: E/.test(await reason()));
    expect(await health(project)).toMatchObject({ health: 'scanning', reason: expect.stringContaining(code) });
    unreadable.clear();
    await until('it is read', async () => 'a.txt' in (await statuses(project)));
    await until('it is over', async () => (await health(project)).health === 'waiting');
    expect(service.log.said('WARNING not taken in')).toBe(1);
    await service.stop();
  });

  it('is looked at a minute later, too, where it is a file', async () => {
    const project = await TestProject.create({
      config: (text) => tight(text).replace(/^# follow_symlinks = .*$/m, 'follow_symlinks = true'),
    });
    await writeFile(project.path('delivery/a.txt'), 'the text of a');
    unreadable.set(project.path('delivery/a.txt'), 'ESTALE');
    onTestFinished(() => unreadable.clear());
    const service = await project.start({ clock: withShortPauses(300) });
    await until('it shows', async () =>
      /could not be read: .*\/a\.txt: ESTALE/.test((await health(project)).reason ?? ''),
    );
    unreadable.clear();
    await until('it is taken in', async () => 'a.txt' in (await statuses(project)));
    await until('it is over', async () => (await health(project)).health === 'waiting');
    expect(service.log.said('WARNING not taken in')).toBe(1);
    await service.stop();
  });

  it('is read less and less often while that lasts', async () => {
    const project = await withUnreadable('EIO');
    const clock = withShortPauses(20);
    const hour = 3_600_000;
    const hourly: number[] = [];
    const after: typeof clock.after = (ms, run) => {
      if (ms === hour) hourly.push(ms);
      return clock.after(ms, run);
    };
    const service = await project.start({ clock: { ...clock, after } });
    await until('it waits for an hour', () => hourly.length > 0);
    await service.stop();
  });

  it('is not looked at again and again while nobody lets the service read it', async () => {
    const project = await withUnreadable('EACCES');
    const service = await project.start();
    await until('it is ready', () => service.log.said('ready') > 0);
    await until('it is watched', async () => (await health(project)).health === 'ok');
    expect(service.log.said('WARNING not taken in')).toBe(1);
    await service.stop();
  });
});

describe('part of a watch', () => {
  it('is all that is looked at', async () => {
    const project = await TestProject.create({ config: tight });
    await mkdir(project.path('delivery/in'));
    await writeFile(project.path('delivery/in/a.txt'), 'the text of a');
    await deliverWaiting(project, 'b', 'c');
    const order = async (...paths: readonly string[]) =>
      makeOrder((await project.open()).config.watches, { watches: [], paths, force: false }, project.directory);
    const only = await reconcile(project, await order('delivery/in', 'delivery/c.txt'));
    expect(only.watches).toMatchObject([{ found: 2, fresh: 2 }]);
    expect(await statuses(project)).toEqual({ 'a.txt': 'waiting', 'c.txt': 'waiting' });
    await rm(project.path('delivery/in'), { recursive: true });
    await unlink(project.path('delivery/c.txt'));
    expect((await reconcile(project, await order('delivery/in'))).watches).toMatchObject([{ found: 0, removed: 1 }]);
    expect(await statuses(project)).toEqual({ 'a.txt': 'cleared', 'c.txt': 'waiting' });
  });

  it.each(['by itself', 'beside a running service'])(
    'that is not there, and never was as far as is known, may be mistyped: the command says so, %s',
    async (by) => {
      const project = await TestProject.create({ config: tight });
      await mkdir(project.path('delivery/in'));
      await writeFile(project.path('delivery/in/a.txt'), 'the text of a');
      await project.runOnce();
      await rm(project.path('delivery/in'), { recursive: true });
      if (by !== 'by itself') await project.start();
      const cli = (...words: string[]) =>
        runCli(['reconcile', 'delivery', '--format', 'json', ...words], { cwd: project.directory });
      const text = `${project.path('delivery/1n')} does not exist, and no file is on record there`;
      const mistyped = await cli('delivery/1n', 'delivery/in');
      expect(mistyped).toMatchObject({ code: 1, stderr: expect.stringContaining(`error: ${text}\n  check that`) });
      expect(JSON.parse(mistyped.stdout)).toMatchObject({ watches: [{ problems: [text] }] });
      // Files that have been cleared or moved from there are on record.
      expect(await statuses(project)).toEqual({ 'a.txt': 'cleared' });
      expect(await cli('delivery/in')).toMatchObject({ code: 0 });
      expect(await cli('delivery/in/a.txt', '--dry-run')).toMatchObject({ code: 0 });
    },
  );
});

describe('part of a watch of which too much is gone', () => {
  /** A project of which part has been delivered that is gone by now, and the order to look at that part. */
  async function withoutPart(...names: readonly string[]) {
    const project = await TestProject.create({ config: tight });
    await mkdir(project.path('delivery/in'));
    for (const name of names) await writeFile(project.path(`delivery/in/${name}`), `the text of ${name}`);
    await project.runOnce();
    for (const name of names) await unlink(project.path(`delivery/in/${name}`));
    const { watches } = (await project.open()).config;
    const order = makeOrder(watches, { watches: [], paths: ['delivery/in'], force: false }, project.directory);
    return { project, order };
  }

  it('loses nothing, and it is said how much that is', async () => {
    const { project, order } = await withoutPart('a.txt', 'b.txt', 'c.txt');
    const held = await reconcile(project, order);
    expect(held).toMatchObject({ outcome: 'failed', watches: [{ gone: 3, removed: 0 }] });
    expect(held.failure).toContain('3 of 3 files that are not archived yet are gone at once');
    expect(await statuses(project)).toEqual({ 'a.txt': 'waiting', 'b.txt': 'waiting', 'c.txt': 'waiting' });
  });

  it('loses nothing on another disk than before, where no file is left to tell by', async () => {
    const { project, order } = await withoutPart('a.txt');
    await project.rows('update watch_roots set device = device + 1');
    expect(await reconcile(project, order)).toMatchObject({ outcome: 'failed', watches: [{ gone: 1, removed: 0 }] });
    expect(await statuses(project)).toEqual({ 'a.txt': 'waiting' });
  });
});

describe('beside a running service', () => {
  it('the command has it reconcile, also by force, and reports what came of it', async () => {
    const project = await TestProject.create({ config: tight });
    const service = await project.start();
    await deliverWaiting(project, 'a', 'b', 'c');
    await until(
      'they wait',
      async () => Object.values(await statuses(project)).filter((s) => s === 'waiting').length === 3,
    );
    // While it does not look: files that go behind its back bring no event.
    await rename(project.path('delivery'), project.path('disk'));
    await mkdir(project.path('delivery'));
    await until('it notices', () =>
      service.log.lines.some((line) => line.startsWith('ERROR reconciliation is held back')),
    );

    const cli = (...words: string[]) => runCli(['reconcile', 'delivery', ...words], { cwd: project.directory });
    const refused = await cli('--watch', 'my-watch');
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('held back') });
    expect(refused.stdout).toContain('done by the running service (process');
    await until('status says so', async () => {
      const { stdout } = await runCli(['status'], { cwd: project.directory });
      return /my-watch +lost .*--force/.test(stdout);
    });
    const forced = await cli('--force', '--format', 'json');
    expect(forced.code).toBe(0);
    expect(JSON.parse(forced.stdout)).toMatchObject({
      handedOverTo: expect.stringContaining('process'),
      watches: [{ gone: 3, removed: 3, brake: null }],
    });
    expect(Object.values(await statuses(project))).toEqual(['cleared', 'cleared', 'cleared']);
    expect(await project.rows('select id from reconcile_requests where answered_at is null')).toEqual([]);
  });
});
