import { expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { TestProject } from '../support/project.ts';

// Goal: a stored snapshot that cannot be read stops its own group, loudly and with the remedy, and no other.
// Method: groups wait for a file; the stored snapshots of some are spoilt, each in another way; then all get their file.

/** How snapshots are spoilt, as assignments in SQL; what is said of them; what helps. */
const spoilt: Readonly<Record<string, readonly [change: string, reason: string, remedy: string]>> = {
  newer: [
    'version = 99',
    'snapshot version 99, this program knows up to',
    'run the version of carbonation that wrote it',
  ],
  busy: [
    'version = 99',
    'snapshot version 99, this program knows up to',
    'run the version of carbonation that wrote it',
  ],
  ancient: ['version = 0', 'snapshot version 0, which never was', 'restore the database'],
  cut: ['snapshot = substr(snapshot, 1, 100)', 'nothing is stored', 'restore the database'],
  absent: ['group_id = -group_id', 'nothing is stored', 'restore the database'],
  empty: ["snapshot = '{}'", 'no state undefined', 'restore the database'],
  dreaming: ["snapshot = json_set(snapshot, '$.value', 'dreaming')", 'no state "dreaming"', 'restore the database'],
  childless: ["snapshot = json_remove(snapshot, '$.children')", 'effects are missing', 'restore the database'],
  shallow: ["snapshot = json_remove(snapshot, '$.context.policy')", 'policy is missing', 'restore the database'],
  hollow: ["snapshot = json_remove(snapshot, '$.context')", 'context is missing', 'restore the database'],
  pointless: [
    "snapshot = json_set(snapshot, '$.context.components', json('{\"a\":{}}'))",
    'not whole',
    'restore the database',
  ],
};

it('a snapshot that cannot be read stops its group, with the reason and the remedy, and no other', async () => {
  const project = await TestProject.create();
  const names = ['first', ...Object.keys(spoilt), 'last'];
  for (const name of names) await project.deliver(`${name}.txt`, `the text of ${name}`);
  await project.runOnce();
  for (const [name, [change]] of Object.entries(spoilt)) {
    await project.run(
      `update actor_snapshots set ${change} where group_id = (select id from files where group_key = '${name}')`,
    );
  }
  // What was left in the middle is taken up before anything else.
  await project.run("update files set state = 'transferring' where group_key = 'busy'");
  const stored = () =>
    project.rows(
      'select id, version, snapshot, state from files left join actor_snapshots on group_id = id order by id',
    );
  const before = await stored();
  for (const name of names) await project.deliverGroup(name);
  const { outcome, failure, log } = await project.runOnce();

  const states = await project.rows('select group_key, state from files order by id');
  expect(states.filter(({ state }) => state === 'archived').map(({ group_key: key }) => key)).toEqual([
    'first',
    'last',
  ]);
  const untouched = before.filter((_, i) => Object.hasOwn(spoilt, String(states[i]?.['group_key'])));
  expect(await stored()).toEqual(expect.arrayContaining(untouched));
  expect(untouched).toHaveLength(Object.keys(spoilt).length);
  const told = log.lines.filter((line) => line.startsWith('CRITICAL a group cannot be resumed and is left alone'));
  for (const [name, [, reason, remedy]] of Object.entries(spoilt)) {
    const line = told.find((candidate) => candidate.includes(`"group":"${name}"`)) ?? `nothing is told of ${name}`;
    expect(JSON.parse(line.slice(line.indexOf('{')))).toMatchObject({
      reason: expect.stringContaining(reason),
      remedy: expect.stringContaining(remedy),
    });
    const { stdout } = await runCli(['why', name], { cwd: project.directory });
    expect(stdout).toContain(reason);
    expect(stdout).toContain(remedy);
    // Nobody would do what else is said of its state.
    expect(stdout).not.toMatch(/carbonation retry|waits for/);
  }
  expect(outcome).toBe('failed');
  expect(failure).toContain('could not be recorded');
});

it('other JSON on record that was cut off hides nothing of the rest', async () => {
  const project = await TestProject.create();
  for (const name of ['a', 'b']) await project.deliverGroup(name);
  await project.runOnce();
  await project.run("update files set metadata = substr(metadata, 1, 30) where group_key = 'a'");
  await project.run('update group_transitions set facts = substr(facts, 1, 30) where group_id = 1');
  await project.run(`update service_state set watches = '{"my-'`);
  await project.run(`insert into reconcile_requests (options, requested_at) values ('{"fo', 1)`);
  const cli = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await runCli(words, { cwd: project.directory });
    expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
    return stdout;
  };
  expect(await cli('status')).toContain('archived 2');
  expect(await cli('why', 'a')).toContain('archived');
  expect(await cli('history', 'a')).toContain('transferring');
  await cli('chart', '--group', 'a');
  const rows: unknown = JSON.parse(await cli('query', 'files', '--columns', 'group_key,metadata', '--format', 'json'));
  expect(rows).toEqual([
    { group_key: 'a', metadata: expect.stringMatching(/^\{.{29}$/) },
    { group_key: 'b', metadata: expect.objectContaining({ category: 'alpha' }) },
  ]);
  expect(await cli('check', 'rules', 'rules.toml')).toMatch(/\ba\b.*its metadata on record cannot be read/);
  await project.deliverGroup('c');
  expect(await project.runOnce()).toMatchObject({ failure: null });
  expect(await project.rows("select state from files where group_key = 'c'")).toEqual([{ state: 'archived' }]);
});
