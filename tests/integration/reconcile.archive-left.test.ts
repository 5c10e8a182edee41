import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { reconcileArchive, type ArchiveOrder } from '../../src/service/index.ts';
import { ArchiveStore, GroupStore } from '../../src/store/index.ts';
import { auditOrder, wholeOrder } from '../support/audit-order.ts';
import { binPath, runCli, runProgram } from '../support/cli.ts';
import { collectLog, shiftedClock, TestProject, until } from '../support/project.ts';

// Goal: what goes on beside a reconciliation of the archive, and what becomes of it, leaves no group with a wrong state.

const directory = 'archive/alpha/20260101';

async function reconcile(project: TestProject, order: Partial<ArchiveOrder> = {}) {
  const { signal } = new AbortController();
  return reconcileArchive(await project.open(), { ...wholeOrder, ...order }, { log: collectLog(), signal });
}

const statesOf = (project: TestProject) => project.rows('select group_key, state from files order by group_key');

/** Has something happen before the groups that are to be told are looked up for the first time. */
function beforeLookUp(happen: () => Promise<void>): void {
  const look = vi.spyOn(GroupStore.prototype, 'groupsByKey');
  look.mockImplementationOnce(async function (this: GroupStore, keyHashes) {
    look.mockRestore();
    await happen();
    return this.groupsByKey(keyHashes);
  });
}

afterEach(() => vi.restoreAllMocks());

it('says of what may not be read that it may not, and counts none of it as missing or damaged', async () => {
  const project = await TestProject.create();
  for (const name of ['a', 'b']) await project.deliverGroup(name, { category: name });
  await project.runOnce();
  writeFileSync(project.path('archive/a/20260101/found.txt'), 'found');
  const isRoot = process.getuid?.() === 0;
  for (const name of ['.', 'archive', 'archive/a', 'archive/a/20260101']) chmodSync(project.path(name), 0o777);
  chmodSync(project.path('carbonation.db'), 0o666);
  // Root may do everything: then somebody else reads, to whom nothing of this belongs.
  for (const name of ['a.txt', 'a.json', 'found.txt'])
    chmodSync(project.path(`archive/a/20260101/${name}`), isRoot ? 0o600 : 0o000);
  chmodSync(project.path('archive/b'), isRoot ? 0o700 : 0o000);
  const args = [binPath, 'reconcile', 'archive', '--verify', '--workers', '1'];
  const other = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
  const { code, stdout, stderr } = isRoot
    ? await runProgram('setpriv', [...other, ...args], project.directory)
    : await runProgram(process.execPath, args, project.directory);
  chmodSync(project.path('archive/b'), 0o755);
  expect(code).toBe(1);
  const problems = [...stdout.matchAll(/^  problem (.*)$/gm)].map(([, text = '']) =>
    text.replaceAll(project.path('archive'), '').replaceAll(/,? '.*|EACCES: permission denied, /g, ''),
  );
  expect(problems.toSorted()).toEqual([
    '/a/20260101/a.json cannot be read: open',
    '/a/20260101/a.txt cannot be read: open',
    '/a/20260101/found.txt cannot be read: open',
    '/b/20260101/b.json cannot be read: open',
    '/b/20260101/b.json: stat',
    '/b/20260101/b.txt cannot be read: open',
    '/b/20260101/b.txt: stat',
    '/b: opendir',
  ]);
  expect(stdout).toMatch(/^missing +0 .*$/m);
  expect(stdout).toMatch(/^damaged +0 .*$/m);
  expect(stderr).toBe(
    'error: 8 problems\n  resolve what is listed, and run the command again; docs/reconciliation.md explains each result\n',
  );
  expect(await statesOf(project)).toEqual([
    { group_key: 'a', state: 'archived' },
    { group_key: 'b', state: 'archived' },
  ]);
});

describe('a group that is told what was found in the archive', () => {
  it('is not missing for a damaged copy beside which it has been archived anew meanwhile', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    await project.runOnce();
    writeFileSync(project.path(`${directory}/a.txt`), 'damaged');
    beforeLookUp(async () => {
      await project.deliver('a.txt', 'the second text of a');
      await project.runOnce();
    });
    const report = await reconcile(project, auditOrder);
    expect(report).toMatchObject({ problems: [], counts: { missing: 0, updated_flag: 0, busy: 1 } });
    // The former copy is damaged all the same.
    const reason = 'changed content, 7 bytes instead of 13 (an earlier revision)';
    expect(report.damagedFiles).toEqual([{ path: project.path(`${directory}/a.txt`), reason }]);
    expect(await statesOf(project)).toEqual([{ group_key: 'a', state: 'archived' }]);
    const told = await project.rows("select count(*) as n from group_transitions where event = 'archive.lost'");
    expect(told).toEqual([{ n: 0 }]);
  });

  it('hears of it also where its own deadline is over, as always between two runs', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    await project.runOnce();
    await project.deliver('a.json', '{"start": "broken"');
    await project.runOnce({ clock: shiftedClock(-7_200_000) });
    expect(await statesOf(project)).toEqual([{ group_key: 'a', state: 'retry_pending' }]);
    rmSync(project.path(`${directory}/a.txt`));
    expect(await reconcile(project)).toMatchObject({ counts: { missing: 1, updated_flag: 1, busy: 0 } });
  });

  it('has not heard when it could not be looked up: its files count as busy, and the next run tells it', async () => {
    const project = await TestProject.create();
    for (const stem of ['a', 'b']) await project.deliverGroup(stem);
    await project.runOnce();
    writeFileSync(project.path(`${directory}/a.txt`), 'damaged');
    beforeLookUp(() => Promise.reject(new Error('no answer')));
    const report = await reconcile(project, auditOrder);
    expect(report.problems).toEqual([
      'the group a could not be reached or recorded: no answer',
      `${project.path(directory)}/a.txt differs from what is recorded (changed content, 7 bytes instead of 13); its group is at work, or could not be told`,
    ]);
    expect(report.counts).toMatchObject({ damaged: 0, updated_flag: 0, busy: 1, verified: 3 });
    const next = await reconcile(project, { ...auditOrder, restart: true });
    expect(next.counts).toMatchObject({ damaged: 1, updated_flag: 1, busy: 0 });
    const said = "select error_message from file_components where filename = 'a.txt' and status = 'missing'";
    expect(await project.rows(said)).toEqual([{ error_message: 'changed content, 7 bytes instead of 13' }]);
    expect(await statesOf(project)).toEqual([
      { group_key: 'a', state: 'missing' },
      { group_key: 'b', state: 'archived' },
    ]);
  });
});

it('counts a copy as missing once, also when its group hears of it only in the audit', async () => {
  const project = await TestProject.create();
  await project.deliverGroup('a');
  await project.runOnce();
  rmSync(project.path(`${directory}/a.txt`));
  beforeLookUp(() => Promise.reject(new Error('no answer')));
  const report = await reconcile(project, auditOrder);
  expect(report.counts).toMatchObject({ missing: 1, updated_flag: 1, busy: 1 });
  expect(await statesOf(project)).toEqual([{ group_key: 'a', state: 'missing' }]);
});

it('does not count a copy as missing that is there again before its group is told', async () => {
  const project = await TestProject.create();
  for (const stem of ['a', 'b']) await project.deliverGroup(stem);
  await project.runOnce();
  const [a, b] = ['a', 'b'].map((stem) => project.path(`${directory}/${stem}.txt`));
  if (a === undefined || b === undefined) throw new Error('no copies');
  renameSync(a, `${project.directory}/kept`);
  rmSync(b);
  const { filesById } = ArchiveStore.prototype;
  vi.spyOn(ArchiveStore.prototype, 'filesById').mockImplementationOnce(function (this: ArchiveStore, ids) {
    renameSync(`${project.directory}/kept`, a);
    return filesById.call(this, ids);
  });
  const report = await reconcile(project);
  expect(report).toMatchObject({ problems: [], counts: { updated_flag: 1 } });
  expect(await statesOf(project)).toEqual([
    { group_key: 'a', state: 'archived' },
    { group_key: 'b', state: 'missing' },
  ]);
});

/** The plugin reads a group only while the file `go` is in the project's directory. */
const heldUp = `
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
export async function sample() {
  while (!existsSync(new URL('../../go', import.meta.url))) await wait(20);
  return { start: new Date(0), stop: new Date(1), category: 'alpha' };
}
`;

/** Kills a reconciliation with SIGKILL in the middle of adopting a group. */
async function killWhileAdopting(project: TestProject): Promise<void> {
  mkdirSync(project.path(directory), { recursive: true });
  for (const name of ['m.json', 'm.txt']) writeFileSync(project.path(join(directory, name)), `the content of ${name}`);
  const script = fileURLToPath(new URL('../support/audit-run.ts', import.meta.url));
  // Beside a service only what has been there for longer is taken.
  const run = spawn(process.execPath, [script, project.directory, String(Infinity), '60000'], { stdio: 'ignore' });
  await until('the group is being adopted', async () => (await statesOf(project))[0]?.['state'] === 'adopting');
  run.kill('SIGKILL');
  await once(run, 'exit');
  writeFileSync(project.path('go'), '');
  expect(await statesOf(project)).toEqual([{ group_key: 'm', state: 'adopting' }]);
}

describe('a group at work', () => {
  it('has not heard of its damaged and lost copies: each is named, fails the audit, and is told by the next one', async () => {
    const project = await TestProject.create({ extractors: heldUp });
    const audit = async () => {
      const { code, stdout } = await runCli(['reconcile', 'archive', '--verify', '--format', 'json'], {
        cwd: project.directory,
      });
      return { code, report: JSON.parse(stdout) };
    };
    writeFileSync(project.path('go'), '');
    for (const stem of ['a', 'b']) await project.deliverGroup(stem);
    await project.runOnce();
    rmSync(project.path('go'));
    const service = await project.start();
    await project.deliver('a.txt', 'the second text of a');
    await until('the group is at work', async () => (await statesOf(project))[0]?.['state'] === 'extracting');
    const at = (name: string) => project.path(join('archive/alpha/19700101', name));
    writeFileSync(at('a.json'), 'damaged');

    const left = await audit();
    expect(left).toMatchObject({ code: 1, report: { damagedFiles: [], missingFiles: [], counts: { busy: 1 } } });
    const what = expect.stringMatching(
      /a\.json differs from what is recorded \(changed content, 7 bytes instead of \d+\); its group is at work/,
    );
    expect(left.report.problems).toEqual([what]);
    const unverified = 'select filename from file_components where verified_at is null';
    expect(await project.rows(unverified)).toEqual([{ filename: 'a.json' }]);
    rmSync(at('a.txt'));
    const lost = await audit();
    expect(lost).toMatchObject({ code: 1, report: { missingFiles: [at('a.txt')], counts: { missing: 1 } } });
    // Threads compare the two: which answers first is open.
    expect(lost.report.problems.toSorted()).toEqual([
      what,
      `${at('a.txt')} differs from what is recorded (it is gone); its group is at work, or could not be told`,
    ]);

    writeFileSync(project.path('go'), '');
    await until('the group rests', async () => (await statesOf(project))[0]?.['state'] === 'archived');
    await service.stop();
    expect(await audit()).toMatchObject({
      code: 1,
      report: { damagedFiles: [{ path: at('a.json') }], missingFiles: [], problems: [], counts: { busy: 0 } },
    });
  });
});

describe('a group that a killed reconciliation has left in the middle of its adoption', () => {
  const whole = 'select state, complete, category from files';
  const isWhole = [{ state: 'archived', complete: 1, category: 'alpha' }];

  it('is left alone by a dry run, and goes on in the next one', async () => {
    const project = await TestProject.create({ extractors: heldUp });
    await killWhileAdopting(project);
    await reconcile(project, { dryRun: true });
    expect(await statesOf(project)).toEqual([{ group_key: 'm', state: 'adopting' }]);
    const report = await reconcile(project);
    expect(report).toMatchObject({ problems: [], counts: { groups_completed: 1, metadata_extracted: 1, busy: 0 } });
    expect(await project.rows(whole)).toEqual(isWhole);
  });

  it('goes on in the next run of the service', async () => {
    const project = await TestProject.create({ extractors: heldUp });
    await killWhileAdopting(project);
    await project.runOnce();
    expect(await project.rows(whole)).toEqual(isWhole);
  });

  it('goes on in a service that runs all the time, at its next reconciliation', async () => {
    const project = await TestProject.create({
      extractors: heldUp,
      config: (text) => text.replace('[service]', '[service]\npoll_interval = "0.2s"'),
    });
    const service = await project.start();
    await killWhileAdopting(project);
    // Another one beside it leaves that to the service, which may be at it.
    await reconcile(project);
    expect(await statesOf(project)).toEqual([{ group_key: 'm', state: 'adopting' }]);
    // Asks the service.
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped' });
    expect(await project.rows(whole)).toEqual(isWhole);
    await service.stop();
  });
});

it('counts no file as recorded that another reconciliation has recorded first', async () => {
  const project = await TestProject.create();
  mkdirSync(project.path(directory), { recursive: true });
  for (const name of ['a', 'b']) writeFileSync(project.path(`${directory}/${name}.txt`), name.padEnd(20));
  let first: Awaited<ReturnType<typeof reconcile>> | null = null;
  // The files are unknown, and read; which groups they belong to is looked up.
  beforeLookUp(async () => {
    first = await reconcile(project);
    writeFileSync(project.path(`${directory}/a.json`), '{}');
  });
  const second = await reconcile(project);
  expect(first).toMatchObject({ counts: { created: 2, groups_created: 2 } });
  expect(second.counts).toMatchObject({ created: 0, groups_created: 0 });
  expect(await project.rows('select count(*) as n from file_components')).toEqual([{ n: 2 }]);
  expect((await reconcile(project)).counts).toMatchObject({ created: 1, groups_created: 0 });
});

it('counts no group as made that another reconciliation has made first', async () => {
  const project = await TestProject.create();
  mkdirSync(project.path(directory), { recursive: true });
  for (const name of ['a', 'b']) writeFileSync(project.path(`${directory}/${name}.txt`), name.padEnd(20));
  const commit = vi.spyOn(GroupStore.prototype, 'commit');
  let first: Awaited<ReturnType<typeof reconcile>> | null = null;
  commit.mockImplementationOnce(async function (this: GroupStore, writes) {
    commit.mockRestore();
    first = await reconcile(project);
    return this.commit(writes);
  });
  const second = await reconcile(project);
  expect(first).toMatchObject({ counts: { created: 2, groups_created: 2, busy: 0 } });
  expect(second.counts).toMatchObject({ created: 0, groups_created: 0, busy: 2 });
});
