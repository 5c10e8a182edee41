import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { DriverName } from '../../src/config/types.ts';
import { runCli } from '../support/cli.ts';
import { availableDrivers, hasServer } from '../support/databases.ts';
import { shiftedClock, TestProject, until } from '../support/project.ts';

const drivers = await availableDrivers();
const hour = 3_600_000;

/** Booleans and numbers are not the same words in every database. */
function plain(rows: readonly Readonly<Record<string, unknown>>[]): readonly Readonly<Record<string, unknown>>[] {
  const value = (cell: unknown) => (typeof cell === 'boolean' || typeof cell === 'bigint' ? Number(cell) : cell);
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, value(cell)])));
}

describe.each(drivers)('the service on %s', (database: DriverName) => {
  it('archives what is complete, waits for what is not, and does nothing the second time', async () => {
    const project = await TestProject.create({ database });
    await project.deliverGroup('a', { category: 'größe 漢', source: "it's" });
    await project.deliver('b.txt', 'waits for its json');
    const first = await project.runOnce();
    expect(first).toMatchObject({ outcome: 'stopped', failure: null, archived: 1, waiting: 1, failed: 0 });
    expect(await project.archived()).toEqual(['größe 漢/20260101/a.json', 'größe 漢/20260101/a.txt']);
    const [file] = plain(await project.rows("select * from files where group_key = 'a'"));
    expect(file).toMatchObject({ state: 'archived', complete: 1, category: 'größe 漢', source: "it's" });
    expect(Number(file?.['completed_seq'])).toBe(1);
    const steps = () => project.rows('select group_id, to_state from group_transitions order by id');
    expect((await steps()).map((row) => row['to_state'])).toEqual(
      expect.arrayContaining(['assessing', 'extracting', 'deciding', 'transferring', 'archived', 'waiting']),
    );
    const before = await steps();
    expect(await project.runOnce()).toMatchObject({ archived: 0, failed: 0 });
    expect(await steps()).toEqual(before);
    await project.deliverGroup('b');
    expect((await project.runOnce()).groups).toMatchObject([{ groupKey: 'b', state: 'archived' }]);
  });

  it('tries again when the delay is over, gives up in the end, and starts over when a person asks for it', async () => {
    const project = await TestProject.create({
      database,
      config: (text) => text.replace('[service]', '[service]\nmax_retries = 1'),
    });
    await project.deliverGroup('a');
    await writeFile(project.path('archive'), 'in the way');
    expect((await project.runOnce()).groups).toMatchObject([{ state: 'retry_pending' }]);
    expect((await project.runOnce()).groups).toEqual([]);
    expect((await project.runOnce({ clock: shiftedClock(hour) })).groups).toMatchObject([{ state: 'failed' }]);
    await rm(project.path('archive'));
    expect(await runCli(['retry', '--group-key', 'a'], { cwd: project.directory })).toMatchObject({ code: 0 });
    expect((await project.runOnce()).groups).toMatchObject([{ groupKey: 'a', state: 'archived', reason: null }]);
  });

  it('records the beginning of a message that is too long, whatever is in it', async () => {
    const project = await TestProject.create({
      database,
      extractors: `export async function sample() { throw new Error('nul \\0 half \\uD83D, ' + '😀'.repeat(100_000)); }\n`,
      config: (text) => text.replace('[service]', '[service]\nmax_retries = 0'),
    });
    await project.deliverGroup('a');
    const { groups, log } = await project.runOnce();
    expect(groups).toMatchObject([{ groupKey: 'a', state: 'failed' }]);
    const [row] = await project.rows(
      'select f.reason, c.error_message, s.snapshot from files f, file_components c, actor_snapshots s',
    );
    const reason = String(row?.['reason']);
    expect(reason).toMatch(/^sample: nul . half ., (?:😀)+… \(\d{6} characters\)$/su);
    expect(reason.length).toBeLessThanOrEqual(4000);
    expect(row?.['error_message']).toBe(reason);
    expect(JSON.stringify(row?.['snapshot']).length).toBeLessThan(20_000);
    const told = await project.rows("select reason from group_transitions where to_state = 'failed'");
    expect(told).toEqual([{ reason }]);
    expect(log.lines.filter((line) => line.length > 20_000)).toEqual([]);
  });

  it('gives an incomplete group up on time and takes it up again when its file comes late', async () => {
    const project = await TestProject.create({
      database,
      rules: (text) => text.replace('on_timeout = "warn"', 'on_timeout = "skip"'),
    });
    await project.deliver('a.txt', 'only the text');
    await project.runOnce();
    const late = await project.runOnce({ clock: shiftedClock(2 * hour) });
    expect(late.groups).toMatchObject([{ groupKey: 'a', state: 'timed_out' }]);
    await project.deliverGroup('a');
    const revived = await project.runOnce({ clock: shiftedClock(3 * hour) });
    expect(revived.groups).toMatchObject([{ groupKey: 'a', state: 'archived' }]);
  });

  it('moves, and keeps the re-delivery of changed content beside the first one', async () => {
    const project = await TestProject.create({
      database,
      config: (text) => text.replace('action = "copy"', 'action = "move"'),
    });
    await project.deliverGroup('a');
    expect(await project.runOnce()).toMatchObject({ archived: 1, failed: 0 });
    expect(existsSync(project.path('delivery/a.txt'))).toBe(false);
    expect(plain(await project.rows('select status, in_delivery, in_archive from file_components'))).toEqual([
      { status: 'archived', in_delivery: 0, in_archive: 1 },
      { status: 'archived', in_delivery: 0, in_archive: 1 },
    ]);
    await project.deliverGroup('a', {}, 'another text');
    expect((await project.runOnce()).groups).toMatchObject([{ groupKey: 'a', state: 'archived' }]);
    const texts = await Promise.all(
      ['a.txt', 'a_1.txt'].map((name) => readFile(project.path(`archive/alpha/20260101/${name}`), 'utf8')),
    );
    expect(texts).toEqual(['the text of a', 'another text']);
    const [row] = await project.rows('select revision, completed_seq from files');
    expect([Number(row?.['revision']), Number(row?.['completed_seq'])]).toEqual([2, 2]);
  });

  it('archives live, and shows it in the status', async () => {
    const project = await TestProject.create({ database });
    const running = await project.start();
    await project.deliverGroup('a');
    await until('both files are archived', async () => (await project.archived()).length === 2);
    await until(
      'it is recorded',
      async () => (await project.rows("select id from files where state = 'archived'")).length === 1,
    );
    const status = await runCli(['status', '--format', 'json'], { cwd: project.directory });
    expect(JSON.parse(status.stdout)).toMatchObject({
      service: { running: true, pid: process.pid },
      groups: { archived: 1 },
      archive: { count: 2 },
    });
    expect((await running.stop()).outcome).toBe('stopped');
  });
});

describe.each(drivers.filter(hasServer))('a command whose %s cannot be reached', (database) => {
  const oneLine = /^error: [^\n]+\n {2}[^\n]+\n$/;

  it.each([
    ['the server is down', /^port = .*$/m, 'port = 1', 'cannot be opened', 'start the database server'],
    ['the database is missing', /^name = "carbonation_test_\w+"$/m, 'name = "nowhere"', 'does not exist', 'create it'],
  ])('says in one line that %s', async (_, from, to, message, remedy) => {
    const project = await TestProject.create({ database });
    await project.edit('config.toml', (text) => text.replace(from, to));
    for (const command of [['status'], ['run', '--once'], ['db', 'upgrade']]) {
      const { code, stdout, stderr } = await runCli(command, { cwd: project.directory });
      expect([command, code, stdout]).toEqual([command, 1, '']);
      expect(stderr).toMatch(oneLine);
      expect(stderr).toContain(message);
      expect(stderr).toContain(remedy);
    }
  });

  it('says in one line that the password is wrong, without the password', async () => {
    const project = await TestProject.create({ database });
    await project.edit('config.toml', (text) =>
      text.replace(/^username = .*$/m, 'username = "carbonation_nobody"\npassword = "hush-hush"'),
    );
    const { code, stderr } = await runCli(['status', '--verbose'], { cwd: project.directory });
    expect(code).toBe(1);
    expect(stderr.split('\n').slice(0, 2).join('\n')).toMatch(
      /^error: the database \S+ on \S+ refuses the user carbonation_nobody(: role .*)?\n {2}check `username`/,
    );
    expect(stderr).not.toContain('hush-hush');
  });
});
