import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { retryStates } from '../../src/api/actions.ts';
import { retryStatuses } from '../../src/cli/retry-statuses.ts';
import { sqliteLibrary } from '../../src/store/database/sqlite-library.ts';
import { runCli } from '../support/cli.ts';
import { TestProject, until } from '../support/project.ts';

/** A project whose archive cannot be written until what is in the way is gone. */
async function obstructed(...settings: readonly string[]): Promise<TestProject> {
  const project = await TestProject.create({
    config: (text) => text.replace('[service]', ['[service]', ...settings].join('\n')),
  });
  await writeFile(project.path('archive'), 'in the way');
  return project;
}

async function retry(project: TestProject, ...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(['retry', ...argv], { cwd: project.directory });
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trim();
}

/** The states of all groups, by key. */
const statesOf = async (project: TestProject) =>
  Object.fromEntries(
    (await project.rows('select group_key, state from files')).map((row) => [row['group_key'], row['state']]),
  );

describe('retry', () => {
  it('takes every state that the chart can be asked in', () => {
    expect([...retryStatuses].sort()).toEqual([...retryStates].sort());
  });

  it('has what waits for another try tried at once, with its tries counted anew', async () => {
    const project = await obstructed('retry_delay = "1d"');
    await project.deliverGroup('a');
    await project.runOnce();
    expect(await statesOf(project)).toEqual({ a: 'retry_pending' });
    await rm(project.path('archive'));
    expect(await retry(project)).toBe('1 group to be tried again');
    await project.runOnce();
    expect(await statesOf(project)).toEqual({ a: 'archived' });
    const events = (await project.rows('select event from group_transitions order by id')).map(({ event }) => event);
    expect(events).toContain('retry.requested');
  });

  it('says what helps where another process keeps the database locked', async () => {
    const project = await TestProject.create();
    await project.runOnce();
    const Library = sqliteLibrary();
    const other = new Library((await project.open()).config.database.name);
    onTestFinished(() => other.close());
    other.exec('begin immediate');
    const said = 'error: the database cannot do its work: database is locked\n  another process keeps it locked: ';
    for (const argv of [['retry'], ['run', '--once']])
      expect(await runCli(argv, { cwd: project.directory })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(said),
      });
  });

  it('promises nothing for groups of a watch that is no longer in config.toml', async () => {
    const project = await obstructed('retry_delay = "1d"');
    await project.deliverGroup('a');
    await project.runOnce();
    expect(await retry(project, '--dry-run')).toMatch(/1 group would be tried again$/);
    await project.edit('config.toml', (text) => text.replace('name = "my-watch"', 'name = "other"'));
    expect(await retry(project, '--dry-run')).toBe('no such groups');
    expect(await retry(project)).toBe('no such groups');
  });

  it('takes names and keys to the letter when told to', async () => {
    const project = await obstructed('max_retries = 0');
    for (const key of ['100%x', '100_other_x']) await project.deliverGroup(key);
    await project.runOnce();
    expect(await retry(project, '--group-key', '100%x', '--dry-run')).toContain('2 groups would be');
    expect(await retry(project, '--group-key', '100%x', '--exact')).toBe('1 group to be tried again');
    await rm(project.path('archive'));
    await project.runOnce();
    expect(await statesOf(project)).toEqual({ '100%x': 'archived', '100_other_x': 'failed' });
  });

  it('prints and takes keys that begin with a dash', async () => {
    const project = await obstructed('max_retries = 0');
    await project.deliverGroup('-dash');
    await project.runOnce();
    const { stdout } = await runCli(['why', '--', '-dash'], { cwd: project.directory });
    expect(stdout).toContain('--group-key=-dash');
    expect(await retry(project, '--group-key=-dash')).toBe('1 group to be tried again');
  });

  it('is not forgotten when the group is woken for something else before the service has looked', async () => {
    const project = await obstructed('max_retries = 0', 'poll_interval = "1h"');
    const service = await project.start();
    onTestFinished(async () => void (await service.stop()));
    await project.deliverGroup('a');
    await project.deliver('b.txt', 'waits for its json');
    await until('one has failed, one waits', async () => {
      const { a, b } = await statesOf(project);
      return a === 'failed' && b === 'waiting';
    });
    await retry(project);
    await rm(project.path('delivery/a.txt'));
    await until(
      'it is tried again',
      async () => (await project.rows("select 1 from group_transitions where event = 'retry.requested'")).length > 0,
    );
  });
});
