import { hash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { stableKey } from '../../src/core/index.ts';
import { CarbonationError } from '../../src/errors/index.ts';
import { FilePool } from '../../src/workers/index.ts';
import { runCli, TextStream } from '../support/cli.ts';
import { collectLog, shiftedClock, TestProject, until } from '../support/project.ts';

const hours = 3_600_000;

interface Health {
  readonly health: readonly unknown[];
}

describe('run --once', () => {
  it('archives a complete group byte for byte, with mode, time, metadata and history', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    const delivered = project.path('delivery/a.txt');
    await utimes(delivered, new Date(), new Date('2020-05-06T07:08:09.500Z'));
    const report = await project.runOnce();

    expect(report).toMatchObject({ outcome: 'stopped', failure: null, archived: 1, waiting: 0, failed: 0 });
    expect(await project.archived()).toEqual(['alpha/20260101/a.json', 'alpha/20260101/a.txt']);
    const copy = project.path('archive/alpha/20260101/a.txt');
    expect(await readFile(copy, 'utf8')).toBe('the text of a');
    expect((await stat(copy)).mode & 0o777).toBe(0o640);
    expect((await stat(copy)).mtimeMs).toBe((await stat(delivered)).mtimeMs);
    expect((await stat(project.path('archive/alpha'))).mode & 0o777).toBe(0o750);

    const [file] = await project.rows('select * from files');
    expect(file).toMatchObject({
      group_key: 'a',
      state: 'archived',
      complete: 1,
      category: 'alpha',
      source: 'a',
      completed_seq: 1,
    });
    expect(file?.['archive_path']).toBe(project.path('archive/alpha/20260101/a.json'));
    expect(JSON.parse(String(file?.['metadata']))).toMatchObject({
      category: 'alpha',
      start: '2026-01-01T00:00:00.000Z',
    });
    const components = await project.rows('select status, in_archive, sha256 from file_components order by filename');
    expect(components.map(({ status }) => status)).toEqual(['archived', 'archived']);
    expect(String(components[1]?.['sha256'])).toMatch(/^[0-9a-f]{64}$/);
    const history = await project.rows('select to_state from group_transitions order by id');
    const states = history.map(({ to_state }) => to_state);
    // Files that settle one after the other are assessed once more.
    expect(states.filter((state, i) => state !== states[i - 1])).toEqual([
      'assessing',
      'extracting',
      'deciding',
      'transferring',
      'archived',
    ]);
  });

  it('lets nobody count a request that a run before it was at when it was stopped', async () => {
    const project = await TestProject.create();
    await project.run(`update service_state set plugin_asked = '{"asked":["a"],"ended":{"b":1},"carefulUntil":0}'`);
    const { log } = await project.runOnce();
    const [row] = await project.rows('select plugin_asked from service_state');
    expect(JSON.parse(String(row?.['plugin_asked']))).toEqual({ asked: [], ended: { b: 1 }, carefulUntil: 0 });
    expect(log.lines.join('\n')).not.toContain('ended without a word');
  });

  it('removes what was left unfinished in the directories that are on record, and takes them off it', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    const directory = project.path('archive/alpha/20260101');
    const half = `.carbonation-aaaaaaaaaaaa.1-${'0'.repeat(16)}.part`;
    // Into the other one nothing is transferred any more.
    const other = project.path('archive/beta');
    for (const path of [directory, other]) {
      await mkdir(path, { recursive: true });
      await writeFile(`${path}/${half}`, 'half');
    }
    // A name that no directory can have cannot be looked at.
    const unreadable = project.path(`archive/${'x'.repeat(300)}`);
    for (const path of [directory, other, unreadable])
      await project.run(`insert into open_directories values ('${stableKey(path)}', '${path}', 0)`);
    const { log } = await project.runOnce();
    expect(await project.archived()).toEqual(['alpha/20260101/a.json', 'alpha/20260101/a.txt']);
    expect(await project.rows('select path from open_directories')).toEqual([{ path: unreadable }]);
    expect(log.lines.filter((line) => line.includes('former run'))).toEqual([
      expect.stringContaining('INFO removed what a former run left unfinished'),
      expect.stringContaining('INFO removed what a former run left unfinished'),
      expect.stringContaining('WARNING what a former run left unfinished cannot be removed'),
    ]);
  });

  it('does nothing the second time', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    await project.runOnce();
    const before = await project.rows('select * from group_transitions');
    const report = await project.runOnce();
    expect(report).toMatchObject({ outcome: 'stopped', archived: 0 });
    expect(await project.rows('select * from group_transitions')).toEqual(before);
    expect(await project.archived()).toHaveLength(2);
  });

  it('waits for the missing file and completes the group in a later run', async () => {
    const project = await TestProject.create();
    await project.deliver(
      'a.json',
      JSON.stringify({ start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'beta' }),
    );
    const first = await project.runOnce();
    expect(first.groups).toMatchObject([{ groupKey: 'a', state: 'waiting', reason: 'waiting for .txt' }]);
    expect(await project.archived()).toEqual([]);
    await project.deliver('a.txt', 'here it is now');
    const second = await project.runOnce();
    expect(second.groups).toMatchObject([{ groupKey: 'a', state: 'archived' }]);
    expect(await project.archived()).toEqual(['beta/20260101/a.json', 'beta/20260101/a.txt']);
  });

  it('leaves on record that a watch could not be read, which is lost then, though no service runs', async () => {
    const project = await TestProject.create();
    await project.runOnce();
    const healthOf = async () =>
      (JSON.parse((await runCli(['status', '--format', 'json'], { cwd: project.directory })).stdout) as Health).health;
    expect(await healthOf()).toMatchObject([{ health: 'ok' }]);
    await rm(project.path('delivery'), { recursive: true });
    expect((await project.runOnce()).outcome).toBe('failed');
    expect(await healthOf()).toMatchObject([{ health: 'lost', reason: expect.stringContaining('does not exist') }]);
    await mkdir(project.path('delivery'));
    await project.runOnce();
    expect(await healthOf()).toMatchObject([{ health: 'ok' }]);
  });

  it('is still what stands for a service after somebody has had a part reconciled, with what it has found of the rest', async () => {
    const project = await TestProject.create({
      config: (text) => `${text}\n[[watch]]\nname = "other"\npath = "other"\nrules = "my-rules"\n`,
    });
    const healthOf = async () =>
      (JSON.parse((await runCli(['status', '--format', 'json'], { cwd: project.directory })).stdout) as Health).health;
    const cli = async (...argv: string[]) => runCli(argv, { cwd: project.directory });
    const part = ['reconcile', 'delivery', '--watch', 'my-watch'];
    await cli(...part);
    const never = { health: 'stale', reason: expect.stringContaining('the last `reconcile WATCH` ended') };
    expect(await healthOf(), 'nothing else has run').toMatchObject([never, never]);
    await cli('run', '--once');
    const found = [
      { name: 'other', health: 'lost', reason: expect.stringContaining('does not exist') },
      { name: 'my-watch', health: 'ok' },
    ];
    expect(await healthOf()).toMatchObject(found);
    const [before] = await project.rows('select mode, last_heartbeat from service_state');
    await project.deliverGroup('a');
    for (const command of [part, ['reconcile', 'delivery', project.path('delivery/a.txt')]]) {
      expect((await cli(...command)).code).toBe(0);
      expect(await healthOf()).toMatchObject(found);
      expect(await project.rows('select mode, last_heartbeat from service_state')).toEqual([before]);
    }
    expect(await project.archived()).toHaveLength(2);
  });

  it('with on_timeout = "skip" gives an incomplete group up on time, and a late file revives it', async () => {
    const project = await TestProject.create({
      rules: (text) => text.replace('on_timeout = "warn"', 'on_timeout = "skip"'),
    });
    await project.deliver('a.txt', 'only the text');
    await project.runOnce();
    const late = await project.runOnce({ clock: shiftedClock(2 * hours) });
    expect(late.groups).toMatchObject([{ groupKey: 'a', state: 'timed_out' }]);
    expect((await project.rows('select status from file_components')).map(({ status }) => status)).toEqual([
      'timed_out',
    ]);
    await project.deliverGroup('a');
    const revived = await project.runOnce({ clock: shiftedClock(3 * hours) });
    expect(revived.groups).toMatchObject([{ groupKey: 'a', state: 'archived' }]);
  });

  it('with on_timeout = "warn" warns once and keeps waiting', async () => {
    const project = await TestProject.create();
    await project.deliver('a.txt', 'only the text');
    await project.runOnce();
    const late = await project.runOnce({ clock: shiftedClock(2 * hours) });
    expect(late.log.lines.filter((line) => line.startsWith('WARNING still incomplete'))).toHaveLength(1);
    const later = await project.runOnce({ clock: shiftedClock(3 * hours) });
    expect(later.log.lines.filter((line) => line.startsWith('WARNING still incomplete'))).toHaveLength(0);
    expect((await project.rows('select state from files')).map(({ state }) => state)).toEqual(['waiting']);
  });

  it('with on_timeout = "archive_partial" archives what has arrived', async () => {
    const project = await TestProject.create({
      rules: (text) => text.replace('on_timeout = "warn"', 'on_timeout = "archive_partial"'),
    });
    const json = JSON.stringify({ start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'alpha' });
    await project.deliver('a.json', json);
    await project.runOnce();
    expect(await project.archived()).toEqual([]);
    const late = await project.runOnce({ clock: shiftedClock(2 * hours) });
    expect(late.groups).toMatchObject([{ groupKey: 'a', state: 'archived' }]);
    expect(await project.archived()).toEqual(['alpha/20260101/a.json']);
  });

  it('leaves what no rule selects where it is, says why, and judges it again under other rules', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a', { category: null });
    const first = await project.runOnce();
    expect(first.groups).toMatchObject([{ groupKey: 'a', state: 'not_selected' }]);
    expect(first.groups[0]?.reason).toContain('category');
    await project.edit('rules.toml', (text) => text.replace('has_keys = ["category"]', 'has_keys = ["source"]'));
    await project.edit('config.toml', (text) => text.replace('{category}/{start:%Y%m%d}', '{source}/{start:%Y%m%d}'));
    const second = await project.runOnce();
    expect(second.groups).toMatchObject([{ groupKey: 'a', state: 'archived' }]);
    expect(await project.archived()).toEqual(['a/20260101/a.json', 'a/20260101/a.txt']);
  });

  it('moves: the sources go, the archive keeps', async () => {
    const project = await TestProject.create({ config: (text) => text.replace('action = "copy"', 'action = "move"') });
    await project.deliverGroup('a');
    const report = await project.runOnce();
    expect(report).toMatchObject({ archived: 1, failed: 0 });
    expect(await project.archived()).toEqual(['alpha/20260101/a.json', 'alpha/20260101/a.txt']);
    expect(existsSync(project.path('delivery/a.json'))).toBe(false);
    expect(existsSync(project.path('delivery/a.txt'))).toBe(false);
    const rows = await project.rows('select status, in_delivery, in_archive from file_components');
    expect(rows).toEqual([
      { status: 'archived', in_delivery: 0, in_archive: 1 },
      { status: 'archived', in_delivery: 0, in_archive: 1 },
    ]);
  });

  it('loses none of two files of one name in a group, although names are replaced', async () => {
    const project = await TestProject.create({
      config: (text) =>
        text
          .replace('action = "copy"', 'action = "move"\non_conflict = "replace"')
          .replace('settle_seconds = 0.05', 'settle_seconds = 0.05\nrecursive = true'),
      rules: (text) => text.replace('# across_directories = false', 'across_directories = true'),
    });
    await project.deliverGroup('a');
    for (const name of ['one', 'two']) {
      await mkdir(project.path(`delivery/${name}`));
      await project.deliver(`${name}/a.txt`, `the text in ${name}`);
    }
    for (const revision of [1, 2]) {
      expect(await project.runOnce()).toMatchObject({ archived: 1 });
      const rows = await project.rows(
        "select source_path, archive_path, sha256 from file_components where filename = 'a.txt' order by archive_path",
      );
      for (const { archive_path: path, sha256 } of rows)
        expect(hash('sha256', await readFile(String(path))), `revision ${revision}`).toBe(sha256);
      expect(new Set(rows.map(({ archive_path: path }) => path)).size).toBe(3);
      // Of those that are not delivered again the archive has the only copy by now.
      await project.deliverGroup('a', { source: 'next' });
      await rm(project.path('delivery/a.txt'));
      await writeFile(String(rows.at(-1)?.['source_path']), 'the next text');
    }
  });

  it('keeps the sources of a move whose removal is late when the copies are no longer there', async () => {
    const project = await TestProject.create({ config: (text) => text.replace('action = "copy"', 'action = "move"') });
    await project.deliverGroup('a');
    const remove = vi
      .spyOn(FilePool.prototype, 'remove')
      .mockRejectedValueOnce(new CarbonationError('WORKER_CRASHED', 'ended'));
    onTestFinished(() => remove.mockRestore());
    expect((await project.runOnce()).groups).toMatchObject([{ state: 'retry_pending' }]);
    await rename(project.path('archive/alpha/20260101'), project.path('archive/elsewhere'));
    const { groups } = await project.runOnce({ clock: shiftedClock(1 * hours) });
    expect(groups).toMatchObject([{ state: 'retry_pending', reason: expect.stringContaining('a.json is kept') }]);
    expect(existsSync(project.path('delivery/a.txt'))).toBe(true);
    await rename(project.path('archive/elsewhere'), project.path('archive/alpha/20260101'));
    expect(await project.runOnce({ clock: shiftedClock(2 * hours) })).toMatchObject({ archived: 1 });
    expect(existsSync(project.path('delivery/a.txt'))).toBe(false);
  });

  it.each([
    ['are removed by a later reconciliation', false],
    ['stay where the archive copies by then', true],
  ])('sources of a move whose removal was given up %s', async (_what, areLeft) => {
    const project = await TestProject.create({
      config: (text) =>
        text.replace('action = "copy"', 'action = "move"').replace('[service]', '[service]\nmax_retries = 0'),
    });
    await project.deliverGroup('a');
    const refused = new CarbonationError('TRANSFER_FAILED', 'EPERM: operation not permitted').toPlain();
    const remove = vi
      .spyOn(FilePool.prototype, 'remove')
      .mockResolvedValueOnce([{ outcome: 'removed' }, { outcome: 'failed', error: refused }]);
    onTestFinished(() => remove.mockRestore());
    expect(await project.runOnce()).toMatchObject({ archived: 1, groups: [{ reason: refused.message }] });
    const why = await runCli(['why', 'a'], { cwd: project.directory });
    expect(why.stdout).toContain('carbonation reconcile delivery');
    if (areLeft) await project.edit('config.toml', (text) => text.replace('action = "move"', 'action = "copy"'));
    await project.runOnce();
    expect(existsSync(project.path('delivery/a.txt'))).toBe(areLeft);
    expect(await project.rows('select distinct status, in_delivery, error_message from file_components')).toEqual([
      { status: 'archived', in_delivery: areLeft ? 1 : 0, error_message: null },
    ]);
    // Nor is anything done again.
    expect((await project.runOnce()).groups).toEqual([]);
  });

  it('tries a failed archive again when the delay is over, and gives up after max_retries', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\nmax_retries = 2'),
    });
    await project.deliverGroup('a');
    // A file where the archive should be fails for every user, root too.
    await writeFile(project.path('archive'), 'in the way');
    const first = await project.runOnce();
    expect(first.groups).toMatchObject([{ state: 'retry_pending' }]);
    expect((await project.runOnce()).groups).toEqual([]);
    expect((await project.runOnce({ clock: shiftedClock(1 * hours) })).groups).toMatchObject([
      { state: 'retry_pending' },
    ]);
    const last = await project.runOnce({ clock: shiftedClock(2 * hours) });
    expect(last.groups).toMatchObject([{ state: 'failed' }]);
    expect((await project.rows('select status from file_components')).map(({ status }) => status)).toEqual([
      'failed',
      'failed',
    ]);
    expect(await readFile(project.path('delivery/a.txt'), 'utf8')).toBe('the text of a');
  });

  it('archives on a retry once the obstacle is gone', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    await writeFile(project.path('archive'), 'in the way');
    await project.runOnce();
    await rm(project.path('archive'));
    expect(await project.runOnce({ clock: shiftedClock(1 * hours) })).toMatchObject({ archived: 1 });
    expect(await project.archived()).toHaveLength(2);
  });

  it('tries a failed group again when a person asks for it', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\nmax_retries = 0'),
    });
    await project.deliverGroup('a');
    await project.deliverGroup('b');
    await writeFile(project.path('archive'), 'in the way');
    expect((await project.runOnce()).failed).toBe(2);
    await rm(project.path('archive'));
    expect((await project.runOnce()).groups).toEqual([]);
    const retry = await runCli(['retry', '--group-key', 'a'], { cwd: project.directory });
    expect(retry).toMatchObject({ code: 0, stdout: '1 group to be tried again\n' });
    expect((await project.runOnce()).groups).toMatchObject([{ groupKey: 'a', state: 'archived' }]);
    expect(await project.rows('select group_key, state from files order by group_key')).toEqual([
      { group_key: 'a', state: 'archived' },
      { group_key: 'b', state: 'failed' },
    ]);
  });

  it('says what is open in all, whether it touched it or not', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\nmax_retries = 0'),
    });
    await project.deliver('waits.txt', 'waits for its json');
    await project.deliverGroup('fails');
    await writeFile(project.path('archive'), 'in the way');
    const first = await project.runOnce();
    const open = { waiting: 1, timedOut: 0, failed: 1 };
    expect(first).toMatchObject({ archived: 0, waiting: 1, failed: 1, open });
    expect(await project.runOnce()).toMatchObject({ archived: 0, waiting: 0, failed: 0, open });
    expect(await project.runOnce({ once: false, dryRun: true })).toMatchObject({ open: null });
  });

  it('in a dry run says what would be done and writes nothing', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    const before = await readFile(project.path('carbonation.db'));
    const report = await project.runOnce({ dryRun: true, once: false });
    expect(report.groups).toMatchObject([
      { groupKey: 'a', state: 'archived', archivePath: project.path('archive/alpha/20260101') },
    ]);
    const told = report.log.lines.filter((line) => !line.startsWith('DEBUG'));
    // A group may be through before the reconciliation that has found its files.
    expect(told.toSorted()).toEqual([
      expect.stringMatching(
        /^INFO would be archived \{"watch":"my-watch","group":"a","directory":"[^"]+\/alpha\/20260101"\}/,
      ),
      expect.stringMatching(/^INFO would be reconciled \{"watch":"my-watch","found":2,/),
    ]);
    expect(existsSync(project.path('archive'))).toBe(false);
    expect(await project.rows('select * from files')).toEqual([]);
    expect(Buffer.compare(before, await readFile(project.path('carbonation.db')))).toBe(0);
  });

  it('in a dry run has a group in one sentence where a terminal has no room for a table', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a-rather-long-name-of-a-pass', { category: 'alpha' });
    const stdout = Object.assign(new TextStream(), { isTTY: true, columns: 80 });
    await runCli(['run', '--dry-run'], { cwd: project.directory, stdout, env: { NO_COLOR: '1' } });
    expect(stdout.text).toMatch(
      /^archived my-watch\/a-rather-long-name-of-a-pass, 2 files to \/.+\/archive\/alpha\/\d{8}\n\ndry run, /,
    );
  });

  it('in a dry run makes no log file', async () => {
    const project = await TestProject.create({ config: (text) => text.replace('# file = "carb', 'file = "carb') });
    const logs = async (): Promise<readonly string[]> =>
      (await readdir(project.directory)).filter((name) => name.endsWith('.log'));
    const run = (...argv: readonly string[]) => runCli(argv, { cwd: project.directory });
    expect(await run('run', '--dry-run')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('would be reconciled'),
    });
    expect((await run('reconcile', 'delivery', '--dry-run')).code).toBe(0);
    expect((await run('reconcile', 'archive', '--dry-run')).code).toBe(0);
    expect(await logs()).toEqual([]);
    expect((await run('run', '--once')).code).toBe(0);
    expect(await logs()).toContain('carbonation.log');
  });

  it('clears the files that have left delivery, and nothing when the directory itself is away', async () => {
    const project = await TestProject.create();
    await project.deliver('a.txt', 'waits for its json');
    await project.deliver('b.txt', 'waits for its json too');
    await project.runOnce();
    await rm(project.path('delivery/a.txt'));
    await project.runOnce();
    const statuses = () => project.rows('select filename, status, in_delivery from file_components order by filename');
    expect(await statuses()).toEqual([
      { filename: 'a.txt', status: 'cleared', in_delivery: 0 },
      { filename: 'b.txt', status: 'waiting', in_delivery: 1 },
    ]);
    await rm(project.path('delivery'), { recursive: true });
    const away = await project.runOnce();
    expect(away.log.lines.join('\n')).toContain('cannot be read');
    expect(away.failure).toBe(`watch my-watch could not be read: ${project.path('delivery')} does not exist`);
    expect((await statuses())[1]).toEqual({ filename: 'b.txt', status: 'waiting', in_delivery: 1 });
  });

  it('archives a re-delivery beside the first one and keeps both', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    await project.runOnce();
    await project.deliverGroup('a', {}, 'another text');
    const report = await project.runOnce();
    expect(report.groups).toMatchObject([{ groupKey: 'a', state: 'archived' }]);
    expect(await project.archived()).toEqual([
      'alpha/20260101/a.json',
      'alpha/20260101/a.txt',
      'alpha/20260101/a_1.txt',
    ]);
    expect(await readFile(project.path('archive/alpha/20260101/a.txt'), 'utf8')).toBe('the text of a');
    expect(await readFile(project.path('archive/alpha/20260101/a_1.txt'), 'utf8')).toBe('another text');
    expect(await project.rows('select revision, completed_seq from files')).toEqual([
      { revision: 2, completed_seq: 2 },
    ]);
  });

  it('takes a touched file with the same content for what it is: no new revision, and nothing that it has archived', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    await project.runOnce();
    await utimes(project.path('delivery/a.txt'), new Date(), new Date());
    expect(await project.runOnce({ dryRun: true })).toMatchObject({ watches: [{ fresh: 1 }], archived: 0, groups: [] });
    expect(await project.runOnce()).toMatchObject({ watches: [{ fresh: 1 }], archived: 0, groups: [] });
    await rm(project.path('delivery/a.txt'));
    expect(await project.runOnce()).toMatchObject({ watches: [{ removed: 1 }], archived: 0, groups: [] });
    expect(await project.archived()).toHaveLength(2);
    expect(await project.rows('select state, revision from files')).toEqual([{ state: 'archived', revision: 1 }]);
  });

  it.each([
    ['has gone', (copy: string) => rm(copy), ['a.json', 'a.txt']],
    ['is cut short', (copy: string) => writeFile(copy, 'half'), ['a.json', 'a.txt', 'a_1.txt']],
  ])('archives a touched file with the same content anew when its copy %s', async (_, damage, names) => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    await project.runOnce();
    const copy = project.path('archive/alpha/20260101/a.txt');
    await damage(copy);
    await utimes(project.path('delivery/a.txt'), new Date(), new Date('2021-01-01'));
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    expect(await project.archived()).toEqual(names.map((name) => `alpha/20260101/${name}`));
    const last = project.path(`archive/alpha/20260101/${names.at(-1)}`);
    expect(await readFile(last, 'utf8')).toBe('the text of a');
    expect(await project.rows('select state, revision from files')).toEqual([{ state: 'archived', revision: 2 }]);
    const said = await runCli(['history', 'a'], { cwd: project.directory });
    expect(said.stdout).toContain('a.txt: passed: its copy is no longer in the archive');
  });

  it('groups equal names in two directories of a recursive watch apart', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('settle_seconds = 0.05', 'settle_seconds = 0.05\nrecursive = true'),
    });
    for (const directory of ['one', 'two']) {
      await mkdir(project.path(`delivery/${directory}`));
      await project.deliverGroup(`${directory}/a`, { category: directory });
    }
    const report = await project.runOnce();
    expect(report.groups.map(({ groupKey }) => groupKey).toSorted()).toEqual(['one/a', 'two/a']);
    expect(await project.archived()).toEqual([
      'one/20260101/a.json',
      'one/20260101/a.txt',
      'two/20260101/a.json',
      'two/20260101/a.txt',
    ]);
  });

  it('works through more groups than may be in memory at once', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\nmax_active_groups = 7'),
    });
    for (let i = 0; i < 60; i += 1) await project.deliverGroup(`g${i}`);
    const report = await project.runOnce();
    expect(report.archived).toBe(60);
    expect(await project.archived()).toHaveLength(120);
    const numbers = await project.rows('select completed_seq from files order by completed_seq');
    expect(numbers.map(({ completed_seq }) => completed_seq)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  });

  it('hands its work to a service that runs already, and waits for it', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\npoll_interval = "0.2s"'),
    });
    const running = await project.start();
    await project.deliverGroup('a');
    const once = await project.runOnce();
    expect(once).toMatchObject({
      outcome: 'stopped',
      handedOverTo: expect.stringContaining(`process ${process.pid}`),
      open: { waiting: 0, timedOut: 0, failed: 0 },
    });
    expect(await project.rows('select state from files')).toEqual([{ state: 'archived' }]);
    expect(running.log.lines.join('\n')).toContain('another process asks to reconcile');
    await running.stop();
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', handedOverTo: null });
  });

  it('a second service says which process holds the database, and leaves', async () => {
    const project = await TestProject.create();
    const running = await project.start();
    await expect(project.runOnce({ once: false })).rejects.toMatchObject({
      code: 'SERVICE_RUNNING',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    expect((await running.stop()).outcome).toBe('stopped');
  });

  it('a stop that is asked for while a process on another host is waited for is as any other', async () => {
    const project = await TestProject.create();
    await project.run(
      "update service_state set instance = 'x-1', host = 'elsewhere', mode = 'run', heartbeat_ms = 60000, started_at = 1, last_heartbeat = 1",
    );
    const stop = new AbortController();
    const log = collectLog();
    const run = project.runOnce({ once: false, log, signal: stop.signal });
    await until('it waits', () => log.lines.join('\n').includes('waited for a sign of life'));
    stop.abort();
    expect(await run).toMatchObject({ outcome: 'stopped', failure: null });
    expect(await project.rows('select host from service_state')).toEqual([{ host: 'elsewhere' }]);
  });

  it('says what to do when the database was never initialised', async () => {
    const project = await TestProject.create();
    await rm(project.path('carbonation.db'));
    await expect(project.runOnce()).rejects.toMatchObject({
      code: 'DATABASE_MISSING',
      remedy: expect.stringContaining('db init'),
    });
    await chmod(project.path('delivery'), 0o755);
  });
});
