import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { TestProject } from '../support/project.ts';

// Goal: a value on record that cannot be stops nothing but what needs it, and is named with table, row, column and value.
// Method: SQLite takes any value in any column; groups are archived or wait, rows of theirs are damaged, then all is read and worked on.

/** A project with an archived group `a` and one that waits for a file, `w`. */
async function prepare(): Promise<TestProject> {
  const project = await TestProject.create();
  await project.deliverGroup('a');
  await project.deliver('w.txt', 'the text of w');
  await project.runOnce();
  return project;
}

async function cli(project: TestProject, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(words, { cwd: project.directory });
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
  return stdout;
}

const idOf = async (project: TestProject, key: string) =>
  Number((await project.rows(`select id from files where group_key = '${key}'`))[0]?.['id']);

/** Runs once, with a new group besides, unless it takes for ever. */
async function runWithNew(project: TestProject) {
  await project.deliverGroup('new');
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 10_000);
  const report = await project.runOnce({ signal: abort.signal });
  clearTimeout(timer);
  expect(abort.signal.aborted).toBe(false);
  return report;
}

describe('a value on record that cannot be', () => {
  it('as the version of a row leaves its group alone, and no other', async () => {
    const project = await prepare();
    const id = await idOf(project, 'w');
    await project.run(`update files set lock_version = 'rubbish', due_at = 1 where id = ${id}`);
    await project.deliver('w.json', '{}');
    const { log, failure } = await runWithNew(project);
    const reason = `files, id ${id}: lock_version is "rubbish", which is no whole number`;
    const told = log.lines.filter((line) => line.startsWith('CRITICAL a group cannot be resumed'));
    for (const line of told) expect(line).toContain(JSON.stringify(reason).slice(1, -1));
    expect(told[0]).toContain('"remedy":"restore the database from a backup"');
    expect(failure).toContain('first w: ');
    expect(await project.rows("select state from files where group_key = 'new'")).toEqual([{ state: 'archived' }]);
    expect(await cli(project, 'why', 'w')).toContain(reason);
    await project.run(`update files set lock_version = 1 where id = ${id}`);
    await project.run(`update actor_snapshots set version = 'rubbish' where group_id = ${id}`);
    expect(await cli(project, 'why', 'w')).toContain(
      `actor_snapshots, group_id ${id}: version is "rubbish", which is no whole number`,
    );
  });

  it.each(['1e300', '-9e15', "'rubbish'"])('as a moment, %s, ends no report', async (value) => {
    const project = await prepare();
    const id = await idOf(project, 'a');
    await project.run(`update group_transitions set at = ${value} where group_id = ${id}`);
    for (const column of ['state_since', 'due_at', 'created_at', 'completed_at', 'start'])
      await project.run(`update files set ${column} = ${value} where id = ${id}`);
    await project.run(
      `update file_components set detected_at = ${value}, archived_at = ${value}, cleared_at = ${value} where group_id = ${id}`,
    );
    await project.run(`update service_state set started_at = ${value}, last_heartbeat = ${value}`);
    for (const command of [
      ['status'],
      ['status', '--format', 'json'],
      ['why', 'a'],
      ['history', 'a'],
      ['history', 'a', '--format', 'json'],
      ['chart', '--counts'],
      ['chart', '--group', 'a'],
      ['query', 'files'],
      ['check', 'rules', 'rules.toml'],
    ])
      await cli(project, ...command);
    expect(await runWithNew(project)).toMatchObject({ failure: null });
  });

  it('as a size does not keep its file from being recorded, or from being told of', async () => {
    const project = await prepare();
    await project.run("update file_components set size_bytes = 'rubbish'");
    expect(await cli(project, 'history', 'a')).toMatch(/a\.txt +archived\n/);
    await project.deliver('w.json', '{}');
    const { log, failure } = await runWithNew(project);
    expect({ failure, internal: log.lines.filter((line) => line.includes('INTERNAL')) }).toEqual({
      failure: null,
      internal: [],
    });
    expect(await project.rows("select size_bytes from file_components where filename = 'w.txt'")).toEqual([
      { size_bytes: 13 },
    ]);
  });

  it('as the number of the last group that completed is named, and is not begun anew', async () => {
    const project = await prepare();
    for (const value of ["'rubbish'", '1e300', '0']) {
      await project.run(`update counters set value = ${value}`);
      const { failure } = await runWithNew(project);
      expect(failure).toMatch(
        /first new: counters, name completion: value is not the number of the last .*; restore the backup/,
      );
      expect(await project.rows("select state from files where group_key = 'new' and state = 'archived'")).toEqual([]);
    }
    await project.run('update counters set value = 1');
    expect(await runWithNew(project)).toMatchObject({ failure: null });
  });

  it('as a number is shown as it stands', async () => {
    const project = await prepare();
    await project.run("update files set completed_seq = 'rubbish', revision = 'x' where group_key = 'a'");
    const columns = ['--columns', 'group_key,completed_seq,revision'];
    expect(await cli(project, 'query', 'files', ...columns, '--format', 'csv')).toContain('a,rubbish,x');
    expect(JSON.parse(await cli(project, 'query', 'files', ...columns, '--format', 'json'))).toContainEqual({
      group_key: 'a',
      completed_seq: 'rubbish',
      revision: 'x',
    });
  });

  it('is named by db status and doctor, the first of each table', async () => {
    const project = await prepare();
    expect(await cli(project, 'db', 'status')).toContain('sound');
    const id = await idOf(project, 'a');
    await project.run(`update group_transitions set at = 1e300 where group_id = ${id}`);
    await project.run(`update files set watch_name = x'00ff' where id = ${id}`);
    await project.run(`update actor_snapshots set version = 'rubbish' where group_id = ${id}`);
    await project.run("update file_components set size_bytes = 'rubbish', mtime_ms = 'x' where filename = 'w.txt'");
    await project.run("update files set start = 'of the plugin'");
    const { code, stdout } = await runCli(['db', 'status', '--format', 'json'], { cwd: project.directory });
    expect(code).toBe(1);
    const steps = await project.rows(`select id from group_transitions where group_id = ${id} order by id`);
    const [file] = await project.rows("select id from file_components where filename = 'w.txt'");
    expect(JSON.parse(stdout)).toMatchObject({
      damage: [
        `actor_snapshots, group_id ${id}: version is "rubbish", which is no whole number`,
        `file_components, id ${String(file?.['id'])}: size_bytes is "rubbish", which is no whole number`,
        `files, id ${id}: watch_name is bytes, which is no text`,
        `group_transitions, id ${String(steps[0]?.['id'])}: at is 1e+300, which is no moment, and ${steps.length - 1} more rows`,
      ].join('; '),
    });
    const checked = await runCli(['doctor'], { cwd: project.directory });
    expect(checked.stdout).toContain('carbonation.db is damaged: actor_snapshots, group_id');
    expect(checked.stdout).toContain('restore the backup of the database');
  });
});
