import { mkdir, rename } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { GroupStore } from '../../src/store/index.ts';
import { canMount, mountTmpfs } from '../support/mount.ts';
import { TestProject, until, type RunningService } from '../support/project.ts';

/** A project whose watch is recursive, with sub-directories `a` and `b`. */
async function recursiveProject(): Promise<TestProject> {
  const project = await TestProject.create({
    config: (text) =>
      text
        .replace('settle_seconds = 0.05', 'settle_seconds = 0.05\nrecursive = true')
        .replace(/^poll_interval = .*$|^# poll_interval = .*$/m, 'poll_interval = "0.1s"'),
  });
  for (const name of ['a', 'b']) await mkdir(project.path(`delivery/${name}`));
  return project;
}

/** The state of each group, by its key. */
async function states(project: TestProject): Promise<Record<string, unknown>> {
  const rows = await project.rows('select group_key, state from files');
  return Object.fromEntries(rows.map((row) => [String(row['group_key']), row['state']]));
}

/** Delivers one file of a group and waits until the group waits for the other. */
async function deliverHalf(project: TestProject, key: string): Promise<void> {
  await project.deliver(`${key}.txt`, `the text of ${key}`);
  await until(`${key} waits`, async () => (await states(project))[key] === 'waiting');
}

/** Files in delivery, as far as the database knows. */
async function inDelivery(project: TestProject): Promise<readonly unknown[]> {
  const rows = await project.rows('select source_path from file_components where in_delivery = 1 order by source_path');
  return rows.map((row) => String(row['source_path']).replace(`${project.path('delivery')}/`, ''));
}

describe('a directory below a recursive watch', () => {
  it('that is moved away takes its waiting files along, and only those', async () => {
    const project = await recursiveProject();
    const service = await project.start();
    await deliverHalf(project, 'a/one');
    await deliverHalf(project, 'b/two');
    await rename(project.path('delivery/a'), project.path('elsewhere'));
    await until('its file is gone', async () => (await inDelivery(project)).length === 1);
    expect(await inDelivery(project)).toEqual(['b/two.txt']);
    await rename(project.path('elsewhere'), project.path('delivery/a'));
    await project.deliverGroup('a/one');
    await until('what comes back is taken again', async () => (await states(project))['a/one'] === 'archived');
    expect(await service.stop()).toMatchObject({ outcome: 'stopped', failure: null });
  });

  it('that is renamed takes them to its new name', async () => {
    const project = await recursiveProject();
    const service = await project.start();
    await deliverHalf(project, 'a/one');
    await rename(project.path('delivery/a'), project.path('delivery/c'));
    await until('they are there', async () => (await inDelivery(project)).join() === 'c/one.txt');
    await project.deliverGroup('c/one');
    await until('it is archived', async () => (await states(project))['c/one'] === 'archived');
    await service.stop();
  });

  it('whose files cannot be looked for when it has gone has the watch read again', async () => {
    const project = await recursiveProject();
    const service = await project.start();
    await deliverHalf(project, 'a/one');
    const asked = vi
      .spyOn(GroupStore.prototype, 'deliveredFiles')
      .mockRejectedValueOnce(new Error('the database does not answer'));
    onTestFinished(() => asked.mockRestore());
    await rename(project.path('delivery/a'), project.path('elsewhere'));
    await until('its file is gone', async () => (await inDelivery(project)).length === 0);
    expect(service.log.lines.join('\n')).toContain('WARNING what went with a directory could not be looked for');
    await service.stop();
  });

  it.runIf(canMount())('that is a mount and goes takes nothing along: its disk may come back', async () => {
    const project = await recursiveProject();
    let service: RunningService;
    {
      using _ = mountTmpfs(project.path('delivery/disk'), 1024);
      await mkdir(project.path('delivery/disk/sub'));
      service = await project.start();
      onTestFinished(async () => void (await service.stop()));
      await deliverHalf(project, 'disk/sub/one');
      await deliverHalf(project, 'a/two');
    }
    await until('it is noticed', () => service.log.said('a disk was unmounted below it') > 0);
    // What goes with a directory after it is looked for after it, or together with it.
    await rename(project.path('delivery/a'), project.path('elsewhere'));
    await until('the other file is gone', async () => !(await inDelivery(project)).includes('a/two.txt'));
    expect(await inDelivery(project)).toEqual(['disk/sub/one.txt']);
    expect((await states(project))['disk/sub/one']).toBe('waiting');
  });

  it.runIf(canMount())('that a disk is mounted on is read, and listened to from then on', async () => {
    const project = await recursiveProject();
    await mkdir(project.path('delivery/disk'));
    const service = await project.start();
    // A file above it, so that its mount is not taken for one that was there at the start.
    await deliverHalf(project, 'a/two');
    using _ = mountTmpfs(project.path('delivery/disk'), 1024);
    await mkdir(project.path('delivery/disk/sub'));
    await deliverHalf(project, 'disk/sub/one');
    expect(service.log.said('a disk was mounted below it')).toBe(1);
    await deliverHalf(project, 'disk/three');
    await service.stop();
  });
});
