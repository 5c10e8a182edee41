import { mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reconcileArchive, type ArchiveOrder } from '../../src/service/index.ts';
import { auditOrder } from '../support/audit-order.ts';
import { collectLog, TestProject } from '../support/project.ts';

// Goal: an archive, or a part of it, that goes away in the middle of an audit is not believed to be gone.

const directory = 'archive/alpha/20260101';

/** An audit in pages of two files; something happens beside it once so many files have been read. */
async function audit(
  project: TestProject,
  happen: Readonly<Record<number, () => void>> = {},
  order: Partial<ArchiveOrder> = {},
) {
  return reconcileArchive(
    await project.open(),
    { ...auditOrder, ...order },
    {
      log: collectLog(),
      signal: new AbortController().signal,
      auditPage: 2,
      onProgress: ({ step, done }) => (step === 'content' ? happen[done]?.() : undefined),
    },
  );
}

/** Six copies, and two of earlier revisions. */
async function archivedProject(config?: (text: string) => string): Promise<TestProject> {
  const project = await TestProject.create(config && { config });
  for (const stem of ['a', 'b', 'c']) await project.deliverGroup(stem);
  await project.runOnce();
  for (const stem of ['a', 'b']) await project.deliver(`${stem}.txt`, `the second text of ${stem}`);
  await project.runOnce();
  return project;
}

const noMore = (text: string): string => text.replace('[service]', '[service]\nmax_gone_files = 1');

const statesOf = async (project: TestProject) =>
  (await project.rows('select state from files order by id')).map(({ state }) => state);
const former = async (project: TestProject) =>
  (await project.rows('select archive_path from former_copies order by id')).map((row) => row['archive_path']);
const openAudits = async (project: TestProject) =>
  (await project.rows('select id from archive_audits where finished_at is null')).length;

const sound = ['archived', 'archived', 'archived'];

describe('a disk that goes away in the middle of an audit', () => {
  const waysToGo = [
    ['leaves an empty directory', () => true, /archive was exchanged while it was read; nothing more is concluded$/],
    ['leaves nothing', () => false, /archive can no longer be read, nothing more is concluded: ENOENT/],
  ] as const;
  const whenToGo = [
    ['while the copies are read', 2, { verified: 2 }],
    ['while those of earlier revisions are read', 6, { verified: 6 }],
  ] as const;
  const cases = waysToGo.flatMap(([how, isEmpty, said]) =>
    whenToGo.map(([when, done, counts]) => [how, when, isEmpty(), said, done, counts] as const),
  );

  it.each(cases)('%s, %s: nothing is missing or forgotten, and the next audit goes on there', async (...given) => {
    const [, , isEmpty, said, done, counts] = given;
    const project = await archivedProject();
    const copies = await former(project);
    expect(copies).toHaveLength(2);
    const goAway = (): void => {
      renameSync(project.path('archive'), project.path('away'));
      if (isEmpty) mkdirSync(project.path('archive'));
    };
    const report = await audit(project, { [done]: goAway });
    expect(report.problems.at(-1)).toMatch(said);
    expect(report.counts).toMatchObject({ ...counts, missing: 0, damaged: 0, updated_flag: 0 });
    expect(await statesOf(project)).toEqual(sound);
    expect(await former(project)).toEqual(copies);
    expect(await openAudits(project)).toBe(1);

    if (isEmpty) rmdirSync(project.path('archive'));
    renameSync(project.path('away'), project.path('archive'));
    const rest = await audit(project);
    expect(rest).toMatchObject({ problems: [], resumed: counts, counts: { missing: 0, created: 0 } });
    expect(rest.counts.verified).toBe(8 - counts.verified);
    expect(await openAudits(project)).toBe(0);
  });

  it('and is back at once takes no file with it', async () => {
    const project = await archivedProject();
    const [archive, away] = [project.path('archive'), project.path('away')];
    const report = await audit(project, {
      2: () => renameSync(archive, away),
      4: () => renameSync(away, archive),
    });
    expect(report.problems).toHaveLength(2);
    expect(report.problems[0]).toMatch(/ was gone, and is there again$/);
    expect(report.counts).toMatchObject({ missing: 0, verified: 6 });
    expect(await statesOf(project)).toEqual(sound);
  });
});

describe('too much of an archive that goes in the middle of an audit', () => {
  const loseCopies = (project: TestProject) => (): void =>
    renameSync(project.path('archive/alpha'), project.path('archive/.alpha'));

  it('is not believed to be gone, and nothing is concluded but with --force', async () => {
    const project = await archivedProject(noMore);
    const report = await audit(project, { 2: loseCopies(project) });
    expect(report.problems).toEqual([
      expect.stringMatching(
        /^2 of 6 files in .*archive are gone at once, more than 20 % and 1: nothing more is concluded; .*archive --verify --force`$/,
      ),
    ]);
    expect(report.counts).toMatchObject({ missing: 0, updated_flag: 0, verified: 2 });
    expect(await statesOf(project)).toEqual(sound);

    renameSync(project.path('archive/.alpha'), project.path('archive/alpha'));
    const forced = await audit(project, { 4: loseCopies(project) }, { force: true });
    expect(forced).toMatchObject({ problems: [], resumed: { verified: 2 }, counts: { missing: 2, updated_flag: 2 } });
    expect(await former(project)).toEqual([]);
  });

  it('counts with what was gone before it', async () => {
    const project = await archivedProject(noMore);
    rmSync(project.path(`${directory}/c.json`));
    const lose = (): void => rmSync(project.path(`${directory}/c.txt`));
    const report = await audit(project, { 2: lose });
    expect(report.problems[0]).toMatch(/^2 of 6 files /);
    expect(report.missingFiles).toEqual([project.path(`${directory}/c.json`)]);
  });
});

describe('copies of earlier revisions that are gone', () => {
  it('are forgotten while they are few', async () => {
    const project = await archivedProject(noMore);
    const [first, second] = await former(project);
    rmSync(String(first));
    expect(await audit(project)).toMatchObject({ problems: [], counts: { missing: 0, verified: 7 } });
    expect(await former(project)).toEqual([second]);
  });

  it('are kept on record when they are too many, until it is said that they are gone for good', async () => {
    const project = await archivedProject(noMore);
    const copies = await former(project);
    for (const path of copies) rmSync(String(path));
    const report = await audit(project);
    expect(report.problems[0]).toMatch(/^2 of 8 files /);
    expect(await former(project)).toEqual(copies);
    expect(await audit(project, {}, { force: true })).toMatchObject({ problems: [], resumed: { verified: 6 } });
    expect(await former(project)).toEqual([]);
  });

  it('are kept on record by a dry run', async () => {
    const project = await archivedProject();
    const copies = await former(project);
    rmSync(String(copies[0]));
    expect(await audit(project, {}, { dryRun: true })).toMatchObject({ problems: [] });
    expect(await former(project)).toEqual(copies);
  });
});
