import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reconcileArchive } from '../../src/service/index.ts';
import { auditOrder } from '../support/audit-order.ts';
import { otherFileSystem } from '../support/mount.ts';
import { collectLog, TestProject, until } from '../support/project.ts';

// Goal: while the disk of an archive is not mounted nothing is archived, and nothing removed from delivery; then everything is.

const moving = (text: string): string => text.replace(/^(# )?action = .*$/m, 'action = "move"');
const patient = (text: string): string => moving(text).replace('[service]', '[service]\nretry_delay = "0.1s"');

/** A project that has archived a group; its archive is on another file system, behind a link. */
async function archivedProject(config = moving): Promise<TestProject> {
  const project = await TestProject.create({ config });
  const disk = mkdtempSync(join(otherFileSystem, 'carbonation-test-'));
  onTestFinished(() => rmSync(disk, { recursive: true, force: true }));
  symlinkSync(disk, project.path('archive'));
  await project.deliverGroup('a');
  const report = await project.runOnce();
  expect(report).toMatchObject({ archived: 1, failed: 0 });
  return project;
}

function unmount(project: TestProject, leavesDirectory: boolean): void {
  renameSync(project.path('archive'), project.path('disk'));
  if (leavesDirectory) mkdirSync(project.path('archive'));
}

function mount(project: TestProject): void {
  if (existsSync(project.path('archive'))) rmSync(project.path('archive'), { recursive: true });
  renameSync(project.path('disk'), project.path('archive'));
}

const reasons = async (project: TestProject) =>
  (await project.rows('select group_key, state, reason from files order by id')).map(
    ({ group_key, state, reason }) => `${String(group_key)} ${String(state)} ${String(reason)}`,
  );
const delivered = (project: TestProject) => readdirSync(project.path('delivery')).toSorted();

describe('an archive that was there before', () => {
  it.each([
    ['another directory', true, /archive is another directory than before: of 2 files .* none is there$/],
    ['nothing', false, /archive is gone, and files have been archived there$/],
  ])('is %s: what is delivered waits, and is archived where it belongs', async (_, leavesDirectory, said) => {
    const project = await archivedProject();
    unmount(project, leavesDirectory);
    await project.deliverGroup('b');
    const report = await project.runOnce();
    expect(report).toMatchObject({ archived: 0 });
    expect((await reasons(project)).at(-1)).toMatch(/^b retry_pending /);
    expect((await reasons(project)).at(-1)).toMatch(said);
    expect(delivered(project)).toEqual(['b.json', 'b.txt']);
    expect(existsSync(project.path('archive'))).toBe(leavesDirectory);
    expect(await project.archived()).toEqual([]);

    mount(project);
    await project.run('update files set due_at = state_since');
    expect(await project.runOnce()).toMatchObject({ archived: 1, failed: 0 });
    expect(await project.archived()).toHaveLength(4);
    expect(delivered(project)).toEqual([]);
  });

  it.each([
    ['another directory', true],
    ['nothing', false],
  ])('is %s: nothing is concluded when an archived file is touched', async (_, leavesDirectory) => {
    const project = await archivedProject((text) => text.replace('workers = 4', 'workers = 2'));
    unmount(project, leavesDirectory);
    utimesSync(project.path('delivery/a.txt'), new Date(), new Date('2021-01-01'));
    await project.runOnce();
    expect(await reasons(project)).toEqual(['a archived null']);
    expect(await project.rows('select revision from files')).toEqual([{ revision: 1 }]);
  });

  it('cannot be looked at: what is delivered is tried again', async () => {
    const project = await archivedProject();
    unmount(project, false);
    symlinkSync('archive', project.path('archive'));
    await project.deliverGroup('b');
    expect(await project.runOnce()).toMatchObject({ archived: 0, failed: 0 });
    expect((await reasons(project)).at(-1)).toMatch(/^b retry_pending the archive .* cannot be looked at: ELOOP/);
    unlinkSync(project.path('archive'));
    mount(project);
    await project.run('update files set due_at = state_since');
    expect(await project.runOnce()).toMatchObject({ archived: 1, failed: 0 });
    expect(delivered(project)).toEqual([]);
  });

  it('goes and comes back while the service runs', async () => {
    const project = await archivedProject(patient);
    const service = await project.start();
    await project.deliverGroup('b');
    await until('it has archived something', async () => (await project.archived()).length === 4);

    unmount(project, true);
    await project.deliverGroup('c');
    await until('c is not archived', async () =>
      (await reasons(project)).some((one) => /^c retry_pending .*another directory/.test(one)),
    );
    expect(readdirSync(project.path('archive'))).toEqual([]);

    mount(project);
    await until('c is archived', async () => (await project.archived()).length === 6);
    await service.stop();
    expect(delivered(project)).toEqual([]);
  });

  it('is on another device, with its files: it is the same', async () => {
    const project = await archivedProject();
    await project.run('update archive_roots set device = device + 1');
    await project.deliverGroup('b');
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    await project.deliverGroup('c');
    unlinkSync(project.path('archive/alpha/20260101/a.txt'));
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
  });

  it('has been thinned out, on the same device: it is the same', async () => {
    const project = await archivedProject();
    rmSync(project.path('archive/alpha'), { recursive: true });
    await project.deliverGroup('b');
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
  });

  it('is empty and on another device on purpose: it is, once a reconciliation was told so', async () => {
    const project = await archivedProject();
    unlinkSync(project.path('archive'));
    mkdirSync(project.path('archive'));
    await project.deliverGroup('b');
    expect(await project.runOnce()).toMatchObject({ archived: 0 });
    const { signal } = new AbortController();
    await reconcileArchive(await project.open(), { ...auditOrder, force: true }, { log: collectLog(), signal });
    await project.run('update files set due_at = state_since');
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    expect(await project.archived()).toEqual(['alpha/20260101/b.json', 'alpha/20260101/b.txt']);
  });
});
