import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../src/api/connect.ts';
import { openStore } from '../../src/api/index.ts';
import {
  reconcileArchive,
  type ArchiveOrder,
  type ArchiveReport,
  type ArchiveRunOptions,
} from '../../src/service/index.ts';
import { CommitThread } from '../../src/store/index.ts';
import { auditOrder, wholeOrder } from '../support/audit-order.ts';
import { runCli } from '../support/cli.ts';
import { availableDrivers } from '../support/databases.ts';
import { collectLog, shiftedClock, TestProject, until } from '../support/project.ts';

// Goal: the archive and the database agree, or it is said in what they do not; whatever is damaged is found, all and only that.

const directory = 'archive/alpha/20260101';

async function reconcile(
  project: TestProject,
  order: Partial<ArchiveOrder> = {},
  options: Partial<ArchiveRunOptions> = {},
) {
  const { signal } = new AbortController();
  return reconcileArchive(await project.open(), { ...wholeOrder, ...order }, { log: collectLog(), signal, ...options });
}

async function archivedProject(stems: readonly string[], options: Parameters<typeof TestProject.create>[0] = {}) {
  const project = await TestProject.create(options);
  for (const stem of stems) await project.deliverGroup(stem);
  await project.runOnce();
  return project;
}

/** What a delivery of the sample rule set would hold. */
function sample(source: string): string {
  const [start, stop] = ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'];
  return JSON.stringify({ start, stop, category: 'alpha', source });
}

/** Puts files into the archive behind the service's back. */
function place(project: TestProject, files: Readonly<Record<string, string>>, where = directory): void {
  mkdirSync(project.path(where), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(project.path(join(where, name)), content);
}

const statesOf = (project: TestProject) => project.rows('select group_key, state from files order by group_key');

describe.each(await availableDrivers())('the archive on %s', (database) => {
  it('is audited: what is flipped, truncated, swapped or gone is found, all and only that; and it can come back', async () => {
    const project = await archivedProject(['a', 'b', 'c', 'd', 'e'], { database });
    const at = (name: string) => project.path(join(directory, name));
    const sound = project.path('sound');
    cpSync(project.path('archive'), sound, { recursive: true });
    const flipped = readFileSync(at('a.txt'));
    flipped[3] = (flipped[3] ?? 0) ^ 1;
    writeFileSync(at('a.txt'), flipped);
    truncateSync(at('b.txt'), 5);
    renameSync(at('c.json'), at('x'));
    renameSync(at('d.json'), at('c.json'));
    renameSync(at('x'), at('d.json'));
    rmSync(at('e.json'));
    // The same bytes in another file are no damage.
    const same = readFileSync(at('e.txt'));
    rmSync(at('e.txt'));
    writeFileSync(at('e.txt'), same);

    const expected = { found: 9, verified: 5, damaged: 4, missing: 1, updated_flag: 5, created: 0 };
    expect((await reconcile(project, { ...auditOrder, dryRun: true })).counts).toMatchObject(expected);
    const report = await reconcile(project, auditOrder);
    expect(report.problems).toEqual([]);
    expect(report.damagedFiles.toSorted((one, two) => one.path.localeCompare(two.path))).toEqual([
      { path: at('a.txt'), reason: 'changed content' },
      { path: at('b.txt'), reason: 'changed content, 5 bytes instead of 13' },
      { path: at('c.json'), reason: `it has the content of ${project.path('delivery/d.json')}` },
      { path: at('d.json'), reason: `it has the content of ${project.path('delivery/c.json')}` },
    ]);
    expect(report.missingFiles).toEqual([at('e.json')]);
    expect(report.counts).toMatchObject(expected);
    const rows = await project.rows('select filename, status from file_components order by filename');
    const missing = rows.filter(({ status }) => status === 'missing').map(({ filename }) => filename);
    expect(missing).toEqual(['a.txt', 'b.txt', 'c.json', 'd.json', 'e.json']);
    const verified = await project.rows('select count(*) as n from file_components where verified_at is not null');
    expect(Number(verified[0]?.['n'])).toBe(5);

    // A damaged file is not recovered by its name; with the right content it is.
    expect((await reconcile(project)).counts).toMatchObject({ damaged: 4, missing: 1, recovered: 0, updated_flag: 0 });
    cpSync(sound, project.path('archive'), { recursive: true });
    const after = await reconcile(project, auditOrder);
    expect(after.counts).toMatchObject({ recovered: 5, damaged: 0, missing: 0, verified: 10, updated_flag: 5 });
    expect((await statesOf(project)).map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'archived'));
  });

  it('gives the files that nobody knows to groups, and a delivery of them later joins these', async () => {
    const project = await archivedProject(['a'], { database });
    place(project, { 'm.json': sample('m'), 'm.txt': 'the text of m', 'n.txt': 'the text of n', '.hidden': 'x' });
    place(project, { [`.carbonation-aaaaaaaaaaaa.1-${'0'.repeat(16)}.part`]: 'half' });
    const created = { found: 6, created: 3, groups_created: 2, groups_completed: 1, metadata_extracted: 1, ignored: 1 };
    const before = await statesOf(project);
    expect((await reconcile(project, { dryRun: true })).counts).toMatchObject(created);
    expect(await statesOf(project)).toEqual(before);

    expect((await reconcile(project)).counts).toMatchObject(created);
    const groups = () =>
      project.rows(
        "select group_key, state, complete, source, revision from files where group_key <> 'a' order by group_key",
      );
    const is = (value: boolean) => (database === 'postgresql' ? value : Number(value));
    expect(await groups()).toEqual([
      { group_key: 'm', state: 'archived', complete: is(true), source: 'm', revision: 1 },
      { group_key: 'n', state: 'archived', complete: is(false), source: null, revision: 1 },
    ]);
    place(project, { 'n.json': sample('n') });
    expect((await reconcile(project)).counts).toMatchObject({ created: 1, groups_created: 0, groups_completed: 1 });

    // The real delivery: the same content is archived already, other content is a revision beside it.
    await project.deliver('m.json', sample('m'));
    await project.deliver('m.txt', 'another text of m');
    await project.deliver('n.json', sample('n'));
    await project.deliver('n.txt', 'the text of n');
    await project.runOnce();
    expect(await groups()).toEqual([
      { group_key: 'm', state: 'archived', complete: is(true), source: 'm', revision: 2 },
      { group_key: 'n', state: 'archived', complete: is(true), source: 'n', revision: 1 },
    ]);
    const rows = await project.rows(
      "select source_path, archive_path from file_components where filename like 'm%' order by 1",
    );
    expect(rows).toEqual([
      { source_path: project.path('delivery/m.json'), archive_path: project.path(`${directory}/m.json`) },
      { source_path: project.path('delivery/m.txt'), archive_path: project.path(`${directory}/m_1.txt`) },
    ]);
    // The copy of the earlier revision is known, and no orphan.
    const report = await reconcile(project, auditOrder);
    expect(report).toMatchObject({ problems: [], counts: { created: 0, missing: 0, damaged: 0, verified: 7 } });
  });
});

describe('reconciling the archive', () => {
  it('merges the rows of a found file and a delivered one, and clears the group that was made of found ones', async () => {
    const project = await TestProject.create();
    await project.deliver('m.txt', 'the text of m');
    await project.runOnce();
    // The group m waits for the rest, so that what is found gets a group of its own.
    place(project, { 'm.json': sample('m'), 'm.txt': 'the text of m' });
    expect((await reconcile(project)).counts).toMatchObject({ created: 2, groups_created: 1, groups_completed: 1 });
    await using db = await connect(project.path('config.toml'));
    const { cursor } = await db.getNewFiles();
    await project.deliver('m.json', sample('m'));
    await project.runOnce();
    expect((await reconcile(project)).counts).toMatchObject({ dedup_removed: 2, created: 0 });
    expect((await reconcile(project)).counts).toMatchObject({ dedup_removed: 0, created: 0, found: 2 });
    expect(await statesOf(project)).toEqual([
      { group_key: 'm', state: 'archived' },
      { group_key: 'my-archive/alpha/20260101/m', state: 'cleared' },
    ]);
    expect(await project.rows('select source_path from file_components order by 1')).toEqual(
      ['m.json', 'm.txt'].map((name) => ({ source_path: project.path(`delivery/${name}`) })),
    );
    // Who has been given the one has to be given the other, and who begins now only the other.
    for (const place of [cursor, null]) {
      expect((await db.getNewFiles({ cursor: place })).rows).toMatchObject([{ group_key: 'm', revision: 1 }]);
    }
  });

  it('leaves unknown files when several watches archive there, and takes them for the one that is named', async () => {
    const second = '\n[[watch]]\nname = "second"\npath = "delivery2"\nrules = "my-rules"\n';
    const project = await TestProject.create({ config: (text) => `${text}${second}` });
    mkdirSync(project.path('delivery2'), { recursive: true });
    place(project, { 'm.txt': 'the text of m' });
    const left = await reconcile(project);
    expect(left.problems).toEqual([
      `1 unknown file(s), first in ${project.path(directory)}, were left: my-watch, second archive there; say whose they are with --watch`,
    ]);
    expect(left.counts).toMatchObject({ found: 1, created: 0 });
    expect((await reconcile(project, { watch: 'second' })).counts).toMatchObject({ created: 1 });
    expect(await project.rows('select watch_name from files')).toEqual([{ watch_name: 'second' }]);
  });

  it('stops at a brake before anything is changed: too much is gone, or the archive is on another device', async () => {
    const project = await archivedProject(['a', 'b'], {
      config: (text) => text.replace('[service]', '[service]\nmax_gone_files = 1'),
    });
    await reconcile(project);
    const at = (name: string) => project.path(join(directory, name));
    rmSync(at('a.json'));
    await project.run('update archive_roots set device = device + 1');
    place(project, { 'm.txt': 'the text of m' });
    const elsewhere = await reconcile(project);
    expect(elsewhere.brake).toContain('is on another device than before and 1 of 4 files are gone');
    expect(elsewhere.counts).toMatchObject({ found: 3, created: 0, updated_flag: 0, missing: 1 });
    // Where nothing is gone, another device is only noted.
    await project.run('update archive_roots set device = device - 1');
    rmSync(at('b.json'));
    const tooMuch = await reconcile(project);
    expect(tooMuch.brake).toContain('2 of 4 files');
    const { stdout } = await runCli(['reconcile', 'archive'], { cwd: project.directory });
    expect(stdout).toMatch(/^found +2 {2}files on record that are in the archives$/m);
    const flags = "select count(*) as n from file_components where status = 'missing'";
    expect(await project.rows(flags)).toEqual([{ n: 0 }]);
    expect(await reconcile(project, { force: true })).toMatchObject({
      brake: null,
      counts: { missing: 2, created: 1 },
    });
    expect(await project.rows(flags)).toEqual([{ n: 2 }]);
  });

  it('says of a path that there is nothing, not even on record: it may be mistyped', async () => {
    const project = await archivedProject(['a']);
    const paths = ['archive/alpha/20260102', directory];
    const report = await reconcile(project, { paths, cwd: project.directory, verify: true });
    const problems = [
      `${project.path('archive/alpha/20260102')} does not exist, and no archived file is on record there`,
    ];
    expect(report).toMatchObject({ problems, counts: { verified: 2 } });
    rmSync(project.path(directory), { recursive: true });
    const gone = await reconcile(project, { paths, cwd: project.directory, force: true });
    expect(gone).toMatchObject({ problems, counts: { missing: 2 } });
  });

  it('says of files that no archive of config.toml has any more that nobody looks at them', async () => {
    const project = await archivedProject(['a', 'b']);
    rmSync(project.path(`${directory}/b.txt`));
    await reconcile(project);
    const audit = () => reconcile(project, auditOrder);
    expect(await audit()).toMatchObject({ problems: [] });
    await project.edit('config.toml', (text) => text.replace(/^base_path = .*$/m, 'base_path = "arch"'));
    const first = project.path(`${directory}/a.json`);
    const problem = `3 files on record as archived, first ${first}, are in no archive of config.toml and not looked at: let \`base_path\` be as it was, see "Move to another disk" in docs/operations.md`;
    // What is known to be missing is not in an archive anyway.
    expect(await audit()).toMatchObject({ problems: [problem], counts: { found: 0, verified: 0 } });
    expect(await reconcile(project, { archives: ['my-archive'] }), 'nothing else was asked for').toMatchObject({
      problems: [],
    });
  });

  it('concludes nothing from an archive that is not there', async () => {
    const project = await archivedProject(['a']);
    renameSync(project.path('archive'), project.path('elsewhere'));
    const report = await reconcile(project, { ...auditOrder, force: true });
    expect(report.problems[0]).toMatch(/archive cannot be read, nothing is concluded: ENOENT/);
    expect(await statesOf(project)).toEqual([{ group_key: 'a', state: 'archived' }]);
  });

  it('notices half a file by its size, and takes other content in delivery for no damage of the copy', async () => {
    const project = await archivedProject(['a', 'b'], {
      config: (text) => text.replace(/^\[\[watch\]\]/m, '$&\non_redelivery = "ignore"'),
    });
    writeFileSync(project.path('delivery/b.txt'), 'other content, which is ignored');
    await project.runOnce();
    const copy = project.path(join(directory, 'a.txt'));
    const sound = readFileSync(copy);
    truncateSync(copy, 5);
    const found = {
      counts: { damaged: 1, missing: 0, bytes: 5 + 13 },
      damagedFiles: [{ path: copy, reason: 'changed content, 5 bytes instead of 13' }],
    };
    expect(await reconcile(project, { dryRun: true })).toMatchObject(found);
    expect((await reconcile(project, { ...auditOrder, dryRun: true })).counts.damaged).toBe(1);
    expect(await reconcile(project)).toMatchObject(found);
    expect(await statesOf(project)).toEqual([
      { group_key: 'a', state: 'missing' },
      { group_key: 'b', state: 'archived' },
    ]);
    writeFileSync(copy, sound);
    expect((await reconcile(project)).counts).toMatchObject({ damaged: 0, recovered: 1 });
  });

  it('goes on with an audit whose process was killed, and begins anew when told to', async () => {
    const project = await archivedProject(['a', 'b', 'c', 'd']);
    writeFileSync(project.path(`${directory}/a.json`), 'damaged before the kill');
    const script = fileURLToPath(new URL('../support/audit-run.ts', import.meta.url));
    const audit = spawn(process.execPath, [script, project.directory, '6'], { stdio: 'ignore' });
    expect((await once(audit, 'exit'))[1]).toBe('SIGKILL');

    const report = await reconcile(project, auditOrder);
    const read = (report.resumed?.verified ?? 0) + 1;
    expect(read).toBeGreaterThanOrEqual(2);
    expect(report.counts.verified).toBe(8 - read);
    expect(report.damagedFiles).toEqual([
      { path: project.path(`${directory}/a.json`), reason: 'still not the recorded content' },
    ]);
    const marks = await project.rows('select count(*) as n from file_components where verified_at is null');
    expect(marks).toEqual([{ n: 1 }]);
    const audits = await project.rows('select verified, damaged, finished_at is null as open from archive_audits');
    expect(audits).toEqual([{ verified: 7, damaged: 1, open: 0 }]);
    // A finished audit is not gone on with, and neither is a cut one when told so.
    await project.run('update archive_audits set finished_at = null');
    expect((await reconcile(project, { ...auditOrder, restart: true })).resumed).toBeNull();
    expect((await reconcile(project, auditOrder)).resumed).toBeNull();
  });

  it('is cut short by a signal, and says so', async () => {
    const project = await archivedProject(['a', 'b']);
    const stop = new AbortController();
    const report = await reconcileArchive(await project.open(), auditOrder, {
      log: collectLog(),
      signal: stop.signal,
      auditPage: 1,
      onProgress: ({ step }) => (step === 'content' ? stop.abort() : undefined),
    });
    expect(report).toMatchObject({ isInterrupted: true, counts: { verified: 1 } });
    const rest = await reconcile(project, auditOrder);
    expect(rest).toMatchObject({ isInterrupted: false, resumed: { verified: 1 }, counts: { verified: 3 } });
  });

  it('takes the delivered files themselves, to which a directory of the archive leads, for no copies', async () => {
    const project = await archivedProject(['a']);
    const copies = project.path(directory);
    renameSync(copies, project.path('copies'));
    symlinkSync(project.path('delivery'), copies);
    const reason = 'it is the delivered file itself, to which a link leads: there is no copy';
    const damagedFiles = ['a.json', 'a.txt'].map((name) => ({ path: join(copies, name), reason }));
    expect(await reconcile(project, auditOrder)).toMatchObject({ counts: { verified: 0, damaged: 2 }, damagedFiles });
    expect(await statesOf(project)).toEqual([{ group_key: 'a', state: 'missing' }]);
    // Nor do they count as found again.
    expect(await reconcile(project)).toMatchObject({ counts: { recovered: 0 }, damagedFiles });
    rmSync(copies);
    renameSync(project.path('copies'), copies);
    expect(await reconcile(project, auditOrder)).toMatchObject({
      counts: { recovered: 2, verified: 2 },
      damagedFiles: [],
    });
    expect(await statesOf(project)).toEqual([{ group_key: 'a', state: 'archived' }]);
  });

  it('takes links, and second names of the delivered files, for what they are where the archive makes them', async () => {
    for (const action of ['hardlink', 'symlink', 'move']) {
      const project = await archivedProject(['a'], {
        config: (text) => text.replace(/^(# )?action = .*$/m, `action = "${action}"`),
      });
      expect((await reconcile(project, auditOrder)).counts).toMatchObject({ verified: 2, damaged: 0 });
    }
  });

  it('counts what follows a symbolic link as archived while its target is there', async () => {
    const project = await archivedProject(['a'], {
      config: (text) =>
        text.replace('action = "copy"', 'action = "symlink"').replaceAll(/^(file_mode|dir_mode).*$/gm, ''),
    });
    expect((await reconcile(project, auditOrder)).counts).toMatchObject({ found: 2, verified: 2, created: 0 });
    rmSync(project.path('delivery/a.txt'));
    expect(await reconcile(project)).toMatchObject({
      counts: { found: 1, missing: 1, created: 0 },
      missingFiles: [project.path(`${directory}/a.txt`)],
    });
  });

  it('runs beside a live service: groups at work are left alone, and nothing is lost or double', async () => {
    const project = await archivedProject(['a', 'b']);
    place(project, { 'm.json': sample('m'), 'm.txt': 'the text of m' });
    const service = await project.start();
    const stems = Array.from({ length: 25 }, (_, i) => `s${i}`);
    const delivering = (async () => {
      for (const stem of stems) await project.deliverGroup(stem);
    })();
    for (let run = 0; run < 3; run += 1) {
      const report = await reconcile(project, { ...auditOrder, restart: true });
      expect(report).toMatchObject({ damagedFiles: [], missingFiles: [], problems: [] });
    }
    await delivering;
    const archived = "select count(*) as n from files where state = 'archived' and complete and revision = 1";
    await until('all groups are archived', async () => (await project.rows(archived))[0]?.['n'] === 27);
    // What has been there for long is of nobody who is at work.
    const later = await reconcile(project, {}, { clock: shiftedClock(60_000) });
    expect(later).toMatchObject({ problems: [], counts: { created: 2, busy: 0 } });
    await until('the found group is archived', async () => (await project.rows(archived))[0]?.['n'] === 28);
    await service.stop();
    const report = await reconcile(project, auditOrder);
    expect(report).toMatchObject({ problems: [], counts: { found: 56, created: 0, dedup_removed: 0, missing: 0 } });
    expect(await project.rows('select count(*) as n, count(distinct archive_path) as d from file_components')).toEqual([
      { n: 56, d: 56 },
    ]);
  });

  describe('beside a service that has archived a group, and not recorded it yet', () => {
    /** Has the archive reconciled when the service is about to record that a group is archived. */
    async function archiveAndReconcile(options: Partial<ArchiveRunOptions>) {
      const project = await TestProject.create();
      const { commit } = CommitThread.prototype;
      let found: ArchiveReport | 'begun' | null = null;
      vi.spyOn(CommitThread.prototype, 'commit').mockImplementation(async function (this: CommitThread, writes) {
        if (found === null && writes.some(({ state }) => state === 'archived')) {
          found = 'begun';
          found = await reconcile(project, {}, options);
        }
        return commit.call(this, writes);
      });
      onTestFinished(() => void vi.restoreAllMocks());
      const service = await project.start();
      await project.deliverGroup('a');
      const isWhole = "select id from files where state = 'archived' and complete and group_key = 'a'";
      await until('it is archived', async () => found !== null && (await project.rows(isWhole)).length === 1);
      await service.stop();
      return { project, found };
    }

    /** Both files are in the archive and on record once, and nothing is left to be done. */
    async function expectOnce(project: TestProject): Promise<void> {
      expect(await project.archived()).toEqual(['alpha/20260101/a.json', 'alpha/20260101/a.txt']);
      expect(await project.rows("select group_key from files where state <> 'cleared'")).toEqual([{ group_key: 'a' }]);
      const copies = 'select count(*) as n, count(distinct archive_path) as d from file_components';
      expect(await project.rows(copies)).toEqual([{ n: 2, d: 2 }]);
      const report = await reconcile(project, auditOrder);
      expect(report).toMatchObject({ problems: [], counts: { created: 0, dedup_removed: 0, missing: 0, verified: 2 } });
    }

    it('takes the files for those of a group at work', async () => {
      const { project, found } = await archiveAndReconcile({});
      // They are not even read.
      expect(found).toMatchObject({ problems: [], counts: { busy: 2, created: 0, bytes: 0 } });
      await expectOnce(project);
    });

    it('makes nothing double that the next one would not merge when that is long ago', async () => {
      const { project, found } = await archiveAndReconcile({ clock: shiftedClock(60_000) });
      expect(found).toMatchObject({ problems: [], counts: { busy: 0, created: 2 } });
      await reconcile(project);
      await expectOnce(project);
    });
  });

  it('leaves what is new where a killed service was at a transfer, of which the next one knows what it is', async () => {
    const project = await archivedProject(['a', 'b']);
    await project.run("update files set state = 'transferring' where group_key = 'a'");
    place(project, { 'm.json': sample('m'), 'm.txt': 'the text of m' });
    expect(await reconcile(project)).toMatchObject({ problems: [], counts: { busy: 2, created: 0, bytes: 0 } });
    await project.run("update files set state = 'archived' where group_key = 'a'");
    const bytes = sample('m').length + 'the text of m'.length;
    expect(await reconcile(project)).toMatchObject({ problems: [], counts: { busy: 0, created: 2, bytes } });
  });

  it('gives what it finds to another group where the one of that name cannot be read', async () => {
    const project = await archivedProject(['a']);
    await project.run('update actor_snapshots set version = 99');
    place(project, { 'a.json': sample('a'), 'a.txt': 'another text of a' }, 'archive/beta/20260101');
    expect(await reconcile(project)).toMatchObject({ problems: [], counts: { created: 2, groups_completed: 1 } });
    expect(await statesOf(project)).toEqual([
      { group_key: 'a', state: 'archived' },
      { group_key: 'my-archive/beta/20260101/a', state: 'archived' },
    ]);
  });

  it('does not make a service forget files whose group it has changed', async () => {
    const project = await archivedProject(['a']);
    const opened = await openStore(await project.open());
    let isChanged = false;
    const service = await project.start({
      onEnter: (group) => {
        if (group.state !== 'extracting' || isChanged) return;
        isChanged = true;
        // As a reconciliation would: the group rests as far as the database knows.
        void opened.store.sql.run('update files set lock_version = lock_version + 1');
      },
    });
    await project.deliver('a.txt', 'the second text of a');
    await until('the second text is archived', () =>
      project.archived().then((names) => names.some((name) => name.endsWith('a_1.txt'))),
    );
    await service.stop();
    await opened.close();
    expect(isChanged).toBe(true);
    expect(service.log.lines.join('\n')).toContain('changed a group');
  });

  it('says in the command what it found, and fails when something is not as recorded', async () => {
    const project = await archivedProject(['a']);
    const run = (...options: string[]) => runCli(['reconcile', 'archive', ...options], { cwd: project.directory });
    const sound = await run('--verify');
    expect(sound).toMatchObject({ code: 0, stderr: '' });
    expect(sound.stdout).toMatch(/^verified +2 /m);
    chmodSync(project.path(`${directory}/a.txt`), 0o640);
    writeFileSync(project.path(`${directory}/a.txt`), 'changed');
    const found = await run('--verify', '--format', 'json');
    expect(found.code).toBe(1);
    expect(JSON.parse(found.stdout)).toMatchObject({
      counts: { damaged: 1 },
      damagedFiles: [{ reason: 'changed content, 7 bytes instead of 13' }],
    });
    expect(found.stderr).toContain('1 damaged file');
    expect((await run('/nowhere')).stderr).toContain('/nowhere is in no archive');
    expect(await run('--archive', 'nope')).toMatchObject({ code: 2 });
    expect((await run('--watch', 'nope')).stderr).toContain('there is no watch "nope"');
    expect(await run('--restart')).toMatchObject({ code: 2 });
    expect((await run(directory, '--format', 'json')).stdout).toContain('"found": 2');
  });
});
