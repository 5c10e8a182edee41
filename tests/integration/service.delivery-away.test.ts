import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { FilePool } from '../../src/workers/index.ts';
import { shiftedClock, TestProject } from '../support/project.ts';

// The disk of a watch that is unmounted leaves an empty directory: whoever looks for a file then finds that it is gone.

const later = (hours: number) => ({ clock: shiftedClock(hours * 3_600_000) });

/** A project whose root is on record, with a group in delivery that will be moved. */
async function create(onTimeout: 'archive_partial' | 'skip'): Promise<TestProject> {
  const project = await TestProject.create({
    config: (text) => text.replace('action = "copy"', 'action = "move"'),
    rules: (text) => text.replace('on_timeout = "warn"', `on_timeout = "${onTimeout}"`),
  });
  await project.runOnce();
  await project.deliverGroup('a');
  return project;
}

async function unmount(project: TestProject): Promise<void> {
  await rename(project.path('delivery'), project.path('disk'));
  await mkdir(project.path('delivery'));
}

async function mount(project: TestProject): Promise<void> {
  await rmdir(project.path('delivery'));
  await rename(project.path('disk'), project.path('delivery'));
}

const archived = ['alpha/20260101/a.json', 'alpha/20260101/a.txt'];

it('files whose disk is away when they are to be archived wait for it', async () => {
  const project = await create('archive_partial');
  const transfer = vi.spyOn(FilePool.prototype, 'transfer').mockImplementationOnce(async function (
    this: FilePool,
    request,
  ) {
    await unmount(project);
    return this.transfer(request);
  });
  onTestFinished(() => transfer.mockRestore());
  expect(await project.runOnce()).toMatchObject({ archived: 0, waiting: 1 });
  expect(await project.rows('select distinct status, in_delivery, error_message from file_components')).toEqual([
    { status: 'waiting', in_delivery: 1, error_message: 'the directory of its watch is away' },
  ]);
  await mount(project);
  expect(await project.runOnce()).toMatchObject({ archived: 1 });
  expect(await project.archived()).toEqual(archived);
});

it.each(['archive_partial', 'skip'] as const)(
  'sources whose disk is away when they are to be removed are removed when it is back (on_timeout = "%s")',
  async (onTimeout) => {
    const project = await create(onTimeout);
    const remove = vi.spyOn(FilePool.prototype, 'remove').mockImplementationOnce(async function (
      this: FilePool,
      request,
    ) {
      await unmount(project);
      return this.remove(request);
    });
    onTestFinished(() => remove.mockRestore());
    const { groups } = await project.runOnce();
    const reason = `${project.path('delivery')} is away: sources may have been left in it`;
    expect(groups).toMatchObject([{ state: 'retry_pending', reason }]);
    expect(await project.rows('select distinct status, in_delivery from file_components')).toEqual([
      { status: 'archived', in_delivery: 1 },
    ]);
    // Still away when it is tried again, and for longer than a group may be incomplete.
    await project.runOnce(later(1));
    await project.runOnce(later(2));
    expect(existsSync(project.path('disk/a.txt'))).toBe(true);
    await mount(project);
    expect(await project.runOnce(later(3))).toMatchObject({ archived: 1 });
    expect(await readdir(project.path('delivery'))).toEqual([]);
    expect(await project.archived()).toEqual(archived);
    expect(await project.rows('select distinct status, in_delivery, error_message from file_components')).toEqual([
      { status: 'archived', in_delivery: 0, error_message: null },
    ]);
  },
);
