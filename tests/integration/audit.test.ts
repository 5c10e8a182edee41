import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';

import { describe, expect, it, test } from 'vitest';

import { readHistory } from '../../src/audit/index.ts';
import { stableKey } from '../../src/core/index.ts';
import { groupOfId } from '../../src/store/read/history.ts';
import { pruneHistory } from '../../src/store/index.ts';
import { runCli, runProgram } from '../support/cli.ts';
import { availableDrivers } from '../support/databases.ts';
import { shiftedClock, TestProject, until } from '../support/project.ts';
import { groupRow, moment } from '../support/rows.ts';
import { useStore } from '../support/store.ts';

const drivers = await availableDrivers();
const day = 86_400_000;

const alphaOnly = (rules: string): string =>
  rules.replace('has_keys = ["category"]', 'field = [{ name = "category", matches = ["^alpha"] }]');

describe.each(drivers)('audits on %s', (database) => {
  it('tell every step with the values it was decided by, why groups are where they are, and draw it', async () => {
    const project = await TestProject.create({ database, rules: alphaOnly });
    const cli = (...words: readonly string[]) => runCli(words, { cwd: project.directory });
    await project.deliverGroup('a');
    await project.deliverGroup('b', { category: 'beta' });
    await project.deliver('c.txt', 'waits for its json');
    await project.runOnce();
    await project.deliver('a.txt', 'another text of a');
    await project.runOnce();

    const history = await cli('history', 'a');
    expect(history).toMatchObject({ code: 0, stderr: '' });
    expect(history.stdout).toMatch(/^my-watch: a\narchived since .* UTC \(.* ago\), revision 2\n/);
    expect(history.stdout).toContain('selection block 1 holds: category = "alpha" matches ^alpha');
    expect(history.stdout).toContain('rule set "my-rules" names archive "my-archive"');
    expect(history.stdout).toContain(`copies of former revisions\na.txt  revision 1, 13 bytes`);
    const json = JSON.parse((await cli('history', 'delivery/a.txt', '--format', 'json')).stdout);
    expect(json).toMatchObject({
      group: { groupKey: 'a', state: 'archived', revision: 2 },
      components: [
        { filename: 'a.json', status: 'archived' },
        { filename: 'a.txt', sha256: expect.stringMatching(/^\w{64}$/) },
      ],
    });
    const first = {
      fromState: null,
      toState: 'assessing',
      event: 'files.settled',
      facts: { files: expect.any(Array) },
    };
    const rest = [
      'extracting',
      'deciding',
      'transferring',
      'archived',
      'assessing',
      'extracting',
      'deciding',
      'transferring',
      'archived',
    ];
    expect(json.steps).toMatchObject([
      first,
      ...rest.map((toState) => ({ toState, node: expect.stringMatching(/./) })),
    ]);
    expect(json.steps[4].at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(json.steps[4].stayedMs).toBeGreaterThanOrEqual(0);

    // By any of its files in the archive, too: the two of now, and the copy that one of them has replaced.
    const archived = await project.rows(
      'select archive_path from file_components where archive_path is not null union select archive_path from former_copies',
    );
    expect(archived).toHaveLength(3);
    for (const { archive_path: path } of archived) {
      expect((await cli('why', String(path))).stdout).toMatch(/^my-watch: a is archived/);
    }

    const rejected = (await cli('why', 'b')).stdout;
    expect(rejected).toMatch(/^my-watch: b is not_selected since /);
    expect(rejected).toMatch(/^- decided .*, rules version \w{12}, which is in force$/m);
    expect(rejected).toContain('selection block 1 does not hold: category = "beta" does not match ^alpha');
    const waiting = (await cli('why', 'c')).stdout;
    expect(waiting).toMatch(
      /^- the missing files until .* UTC \(in (?:1 h|59 min.*)\); then it is reported as overdue/m,
    );
    expect(waiting).toContain(`- deliver ${project.path('delivery/c.json')}`);
    await project.edit('rules.toml', (text) => text.replace('^alpha', '^alpha|^gamma'));
    expect((await cli('why', 'b')).stdout).toMatch(/rules version \w{12}, which is no longer in force$/m);

    await cli('chart', '--group', 'a', '--output', 'a.svg');
    const svg = await readFile(project.path('a.svg'), 'utf8');
    expect(svg).toContain('>my-watch: a</text>');
    expect(svg).toContain('files.settled: 1×');
    const counts = JSON.parse((await cli('chart', '--counts', '--watch-name', 'my-watch', '--format', 'json')).stdout);
    expect(counts.states).toContainEqual(expect.objectContaining({ id: 'notSelected', groups: 1 }));
    expect(counts.transitions).toContainEqual(
      expect.objectContaining({ from: 'deciding', to: 'transferring', event: 'decide.done', count: 2 }),
    );

    expect(await cli('why', 'a.tx')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('error: no group "a.tx" is on record'),
    });
    expect((await cli('history', 'aa')).stderr).toMatch(/did you mean\n +my-watch: a\n/);
  });

  describe('the history', () => {
    const bench = useStore(database);
    const step = (at: number, event = 'files.settled') => ({
      at,
      fromState: 'waiting',
      toState: 'assessing',
      event,
      reason: null,
      revision: 1,
      attempt: 0,
      rulesVersion: null,
      node: 'host',
      facts: '{"files":["a"]}',
    });
    const left = async () =>
      (await bench.store.sql.all('select group_id, at, event from group_transitions order by id')).map((row) => [
        bench.store.sql.dialect.readTime(row['at']),
        row['event'],
      ]);

    test('is pruned to an age, but for the last step, decision and transfer, and what a notifier has not taken', async () => {
      const { sql } = bench.store;
      await bench.made(
        groupRow('old', {
          transitions: [
            step(moment),
            step(moment + 1, 'decide.done'),
            step(moment + 2, 'decide.done'),
            step(moment + 3),
            step(moment + 4),
          ],
        }),
        groupRow('moved', {
          transitions: [step(moment), step(moment + 1, 'transferComponents.done'), step(moment + 2)],
        }),
        groupRow('idle', { transitions: [step(moment)] }),
        groupRow('alive', { transitions: [step(moment), step(moment + day)] }),
      );
      await sql.run("insert into notifiers (name, transition_id, watch_event_id) values ('n', 0, 0)");
      expect(await pruneHistory(sql, moment + day, 0, moment + day)).toEqual({ next: null, removed: 0 });
      await sql.run('delete from notifiers');
      expect(await pruneHistory(sql, moment + day, 0, moment + day)).toEqual({ next: null, removed: 5 });
      expect(await left()).toEqual([
        [moment + 2, 'decide.done'],
        [moment + 4, 'files.settled'],
        [moment + 1, 'transferComponents.done'],
        [moment + 2, 'files.settled'],
        [moment, 'files.settled'],
        [moment + day, 'files.settled'],
      ]);
      expect(await pruneHistory(sql, moment + day, 0, moment + day)).toEqual({ next: null, removed: 0 });
    });

    test('that was pruned says where, and of no state that it lasted until the next step on record', async () => {
      const { sql } = bench.store;
      const way = [
        [0, null, 'assessing', 'files.settled'],
        [1, 'assessing', 'deciding', 'extractMetadata.done'],
        [2, 'deciding', 'transferring', 'decide.done'],
        [3, 'transferring', 'archived', 'transferComponents.done'],
        [10, 'archived', 'assessing', 'files.settled'],
        [20, 'assessing', 'failed', 'assessComponents.failed'],
        [30, 'failed', 'failed', 'files.removed'],
      ] as const;
      const transitions = way.map(([ms, fromState, toState, event]) => ({
        ...step(moment + ms, event),
        fromState,
        toState,
      }));
      const [made] = await bench.made(groupRow('a', { transitions }));
      await pruneHistory(sql, moment + day, 0, moment + day);
      const group = await groupOfId(sql, made?.id ?? 0);
      if (group === null) throw new Error('no group');
      const { steps } = await readHistory(sql, group);
      expect(steps.map((one) => [one.toState, one.stayedMs, one.isPresent, one.isAfterGap])).toEqual([
        ['transferring', 1, false, true],
        ['archived', null, false, false],
        ['failed', null, false, true],
      ]);
    });

    test('is pruned in batches of a bounded size', async () => {
      const steps = Array.from({ length: 1500 }, (_, i) => step(moment + i));
      await bench.made(groupRow('long', { transitions: steps }));
      const first = await pruneHistory(bench.store.sql, moment + day, 0, moment + day);
      expect(first).toMatchObject({ removed: 1000, next: expect.any(Number) });
      expect(await pruneHistory(bench.store.sql, moment + day, first.next ?? 0, moment + day)).toEqual({
        next: null,
        removed: 499,
      });
      expect(await left()).toEqual([[moment + 1499, 'files.settled']]);
    });

    test('is pruned behind what was recorded while the clock was ahead', async () => {
      const ahead = Array.from({ length: 1000 }, (_, i) => step(moment + 1000 * day + i));
      await bench.made(groupRow('ahead', { transitions: ahead }));
      await bench.made(groupRow('behind', { transitions: [step(moment), step(moment + 1)] }));
      const first = await pruneHistory(bench.store.sql, moment + day, 0, moment + 2 * day);
      expect(first).toMatchObject({ removed: 0, next: expect.any(Number) });
      const rest = await pruneHistory(bench.store.sql, moment + day, first.next ?? 0, moment + 2 * day);
      expect(rest).toEqual({ next: null, removed: 1 });
    });
  });
});

describe('history_retention', () => {
  const retained = (config: string): string => config.replace('[service]', '[service]\nhistory_retention = "1d"');
  const steps = (project: TestProject) => project.rows('select event from group_transitions order by id');

  it('is kept by `run --once` and by the service; `why` still knows the decision', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    await project.runOnce();
    await project.runOnce({ clock: shiftedClock(2 * day) });
    // Five, or more where the files settled one after the other.
    const kept = (await steps(project)).length;
    expect(kept).toBeGreaterThanOrEqual(5);
    await project.edit('config.toml', retained);
    const { log } = await project.runOnce({ clock: shiftedClock(2 * day) });
    const said = log.lines.find((line) => line.startsWith('INFO steps older than history_retention'));
    expect(said).toContain(`"steps":${kept - 2}`);
    expect((await steps(project)).map(({ event }) => event)).toEqual(['decide.done', 'transferComponents.done']);
    const told = await runCli(['history', 'a'], { cwd: project.directory });
    expect(told.stdout.match(/^… steps that are no longer on record/gm)).toHaveLength(1);
    const why = await runCli(['why', 'a'], { cwd: project.directory });
    expect(why.stdout).toContain('selection block 1 holds: category = "alpha" is present');
    await project.deliverGroup('b');
    const running = await project.start();
    await until('it is archived', async () => (await project.archived()).length === 4);
    await running.stop();
    await project.start({ clock: shiftedClock(2 * day) });
    await until('it is pruned', async () => (await steps(project)).length === 4);
  });
});

describe('copies of former revisions', () => {
  /** What the history of a group that was archived twice says of them. */
  const former = async (project: TestProject) => {
    const { stdout } = await runCli(['history', 'a', '--format', 'json'], { cwd: project.directory });
    return JSON.parse(stdout).formerCopies;
  };
  const twice = async (project: TestProject) => {
    await project.deliverGroup('a');
    await project.runOnce();
    await project.deliver('a.txt', 'another text of a');
    await project.runOnce();
  };

  it('are those that the archive has, as long as it has them', async () => {
    const project = await TestProject.create();
    await twice(project);
    const path = project.path('archive/alpha/20260101/a.txt');
    const copy = { name: 'a.txt', path, sizeBytes: 13, sha256: expect.stringMatching(/^\w{64}$/) };
    expect(await former(project)).toMatchObject([{ ...copy, revision: 1 }]);
    // As `history_retention` does.
    await project.run('delete from group_transitions');
    expect(await former(project)).toMatchObject([{ ...copy, revision: null }]);
    const { stdout } = await runCli(['history', 'a'], { cwd: project.directory });
    expect(stdout).toContain('copies of former revisions\na.txt  an earlier revision, 13 bytes\n');
    await rm(path);
    await runCli(['reconcile', 'archive', '--verify'], { cwd: project.directory });
    expect(await former(project)).toEqual([]);
  });

  it('are none where another has taken their place, or the same content has come again', async () => {
    const replacing = await TestProject.create({
      config: (text) => text.replace(/^# on_conflict = .*$/m, 'on_conflict = "replace"'),
    });
    await twice(replacing);
    expect(await replacing.archived()).toHaveLength(2);
    expect(await former(replacing)).toEqual([]);
    const project = await TestProject.create();
    await twice(project);
    await project.deliver('a.txt', 'the text of a');
    await project.runOnce();
    expect(await former(project)).toMatchObject([
      { path: project.path('archive/alpha/20260101/a_1.txt'), revision: 2 },
    ]);
  });
});

describe('the commands', () => {
  it('say what is wrong with how they were called, and ask which watch is meant', async () => {
    const project = await TestProject.create({
      config: (text) =>
        text.replace(
          /^\[\[archive\]\]/m,
          '[[watch]]\nname = "other"\npath = "other"\nrules = "my-rules"\n\n[[archive]]',
        ),
    });
    const cli = async (...words: readonly string[]) => {
      const { code, stderr } = await runCli(words, { cwd: project.directory });
      return `${code} ${stderr.split('\n').join('|')}`;
    };
    await project.deliverGroup('a');
    await project.runOnce();
    await project.rows(
      "insert into files (watch_name, group_key, key_hash, state, state_since, created_at, modified_at) select 'gone', 'x', 'h', 'waiting', 0, 0, 0",
    );
    expect(await cli('why', 'a', '--watch-name', 'nowhere')).toBe(
      '2 error: there is no watch "nowhere"|  there is: my-watch, other, gone|',
    );
    expect(await cli('chart', 'group')).toMatch(
      /^2 error: there is no chart "group"; there is: file-group, supervisor, watch\|/,
    );
    expect(await cli('chart', 'watch', '--counts')).toMatch(
      /^2 error: --counts is of the chart file-group, not of watch\|/,
    );
    expect(await cli('chart', '--counts', '--group', 'a')).toMatch(
      /^2 error: --group and --counts exclude each other\|/,
    );
    expect(await cli('chart', '--watch-name', 'other')).toMatch(/^2 error: --watch-name needs --group or --counts\|/);
    expect(await cli('chart', '--format', 'png')).toMatch(
      /^2 error: there is no format "png"; there is: svg, mermaid, dot, json\|/,
    );
    expect(await cli('chart', '--output', 'x.png')).toMatch(
      /^2 error: \.png is the end of no format, but \.svg, .+, \.json; for another name say which with --format\|/,
    );
    expect(existsSync(project.path('x.png'))).toBe(false);
    await runCli(['chart', '--output', 'x.png', '--format', 'dot'], { cwd: project.directory });
    expect(await readFile(project.path('x.png'), 'utf8')).toMatch(/^digraph /);
    expect(await cli('chart', '--output', 'no/such/place.svg')).toMatch(
      /^1 error: .*place\.svg cannot be written: .*\|  check that the directory/,
    );
    expect(await cli('history', 'a', '--format', 'csv')).toMatch(/^2 error: --format must be /);
    expect((await runCli(['chart', '--help'], { cwd: '/' })).stdout).toContain('carbonation chart --counts');
    expect((await runCli(['chart', 'watch', '--format', 'dot'], { cwd: '/' })).stdout).toMatch(
      /^digraph "The watch of one directory" \{\n/,
    );
    await project.rows(
      `insert into files (watch_name, group_key, key_hash, state, state_since, created_at, modified_at) values ('gone', 'a', '${stableKey('gone', 'a')}', 'waiting', 0, 0, 0)`,
    );
    expect((await runCli(['why', 'a'], { cwd: project.directory })).stderr).toBe(
      'error: there is a group "a" in each of the watches gone, my-watch\n  say which, e.g. --watch-name gone\n',
    );
    // Also as runs print it: the watch, a slash, the key.
    for (const words of [['a', '--watch-name', 'gone'], ['gone/a']]) {
      const gone = await runCli(['why', ...words], { cwd: project.directory });
      expect(gone.stdout).toContain('config.toml has no watch "gone" any more');
    }
    expect((await runCli(['history', 'my-watch/a'], { cwd: project.directory })).code).toBe(0);
    for (const words of [['gone/b'], ['gone/'], ['gone/a', '--watch-name', 'my-watch']])
      expect(await cli('why', ...words)).toMatch(/^\d error: no group "gone\//);
  });
});

describe('a group whose copies are gone', () => {
  it.each(['archive', 'ignore'])('is told to be archived anew from delivery, and is by that: %s', async (policy) => {
    const project = await TestProject.create({
      config: (text) => text.replace(/^\[\[watch\]\]/m, `[[watch]]\non_redelivery = "${policy}"`),
    });
    const cli = (...words: readonly string[]) => runCli(words, { cwd: project.directory });
    const advised = async () =>
      /^- or remove damaged copies, but none with the content of another file, and .*: (touch .*)$/m.exec(
        (await cli('why', 'a')).stdout,
      )?.[1];
    await project.deliverGroup('a');
    await project.runOnce();
    const archived = await project.archived();
    await rm(project.path('archive'), { recursive: true });
    await mkdir(project.path('archive'));
    expect((await cli('reconcile', 'archive')).code).toBe(1);
    const command = (await advised()) ?? '';
    expect(command).toBe(`touch ${project.path('delivery/a.json')} ${project.path('delivery/a.txt')}`);
    expect((await runProgram('sh', ['-c', command], project.directory)).code).toBe(0);
    await project.runOnce();
    expect(await project.archived()).toEqual(archived);
    expect((await cli('why', 'a')).stdout).toMatch(/^my-watch: a is archived/);
    // What has left delivery must be delivered again.
    await rm(project.path('delivery/a.txt'));
    await project.runOnce();
    for (const path of archived) await rm(project.path(`archive/${path}`));
    expect((await cli('reconcile', 'archive')).code).toBe(1);
    expect(await advised()).toBe(undefined);
    expect((await cli('why', 'a')).stdout).toMatch(/^- deliver its files again$/m);
  });
});
