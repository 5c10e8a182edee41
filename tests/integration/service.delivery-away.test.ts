import { chmodSync, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { FilePool } from '../../src/workers/index.ts';
import { binPath, runProgram } from '../support/cli.ts';
import { shiftedClock, TestProject } from '../support/project.ts';

// The disk of a watch that is unmounted leaves an empty directory: whoever looks for a file then finds that it is gone.

const later = (hours: number) => ({ clock: shiftedClock(hours * 3_600_000) });

/** A project whose root is on record, with a group in delivery that will be moved. */
async function create(
  onTimeout: 'archive_partial' | 'skip',
  config: (text: string) => string = (text) => text,
): Promise<TestProject> {
  const project = await TestProject.create({
    config: (text) => config(text.replace('action = "copy"', 'action = "move"')),
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

/** `run --once` by somebody whom rights bind, which root does not. */
async function runBound(project: TestProject): Promise<void> {
  const run = [process.execPath, binPath, 'run', '--once'] as const;
  const bound = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', ...run] as const;
  const [command, ...args] = process.getuid?.() === 0 ? bound : run;
  await runProgram(command, args, project.directory);
}

it.each(['archive_partial', 'skip'] as const)(
  'sources that may not be read when they are to be removed leave no archived group incomplete (on_timeout = "%s")',
  async (onTimeout) => {
    const project = await create(onTimeout, (text) =>
      text
        .replace('# recursive = false', 'recursive = true')
        .replace('[service]', '[service]\nretry_delay = "0.1s"\nmax_retries = 50'),
    );
    await project.edit('rules.toml', (text) => text.replace(/timeout_minutes = \d+/, 'timeout_minutes = 0.001'));
    await mkdir(project.path('delivery/sub'));
    await project.deliverGroup('sub/a');
    chmodSync(project.path('delivery/sub'), 0o555);
    await runBound(project);
    const group = () => project.rows("select state, reason from files where group_key = 'sub/a'");
    const denied = { state: 'retry_pending', reason: expect.stringContaining('EACCES: permission denied') };
    expect(await group()).toMatchObject([denied]);
    chmodSync(project.path('delivery/sub'), 0o000);
    await runBound(project);
    chmodSync(project.path('delivery/sub'), 0o755);
    expect(await group()).toMatchObject([denied]);
    const copies = "select distinct status, in_archive from file_components where source_path like '%/sub/%'";
    expect(await project.rows(copies)).toEqual([{ status: 'archived', in_archive: 1 }]);
    await project.runOnce(later(1));
    expect(await group()).toEqual([{ state: 'archived', reason: null }]);
    expect(await readdir(project.path('delivery/sub'))).toEqual([]);
  },
);
