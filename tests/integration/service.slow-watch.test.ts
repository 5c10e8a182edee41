import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PluginPool } from '../../src/workers/index.ts';
import { hurriedClock } from '../support/clock.ts';
import { TestProject, until } from '../support/project.ts';

/** More files than are read, or taken in, at once. */
const many = 1200;

/** What a reading waits for room is over at once. */
const clock = hurriedClock(15_000, 50);

const sample = JSON.stringify({ start: '2026-01-01', stop: '2026-01-01', category: 'alpha', source: 'a' });

/** A project with a watch whose groups are not extracted until the test lets them, before the usual one; each file is a group. */
async function projectOf(): Promise<{ project: TestProject; letGo: () => void }> {
  onTestFinished(() => void vi.restoreAllMocks());
  const slow = '[[watch]]\nname = "slow"\npath = "slow"\nrules = "my-rules"\nsettle_seconds = 0.05\n\n';
  const project = await TestProject.create({
    config: (text) =>
      text
        .replace(/^# max_active_groups = .*$/m, 'max_active_groups = 50')
        .replace(/^# poll_interval = .*$/m, 'poll_interval = "0.1s"')
        .replace(/^# max_retries = .*$/m, 'max_retries = 1000')
        .replace(/^# retry_delay = .*$/m, 'retry_delay = "0.5s"')
        .replace('[[watch]]', `${slow}[[watch]]`),
    rules: () => '[my-rules]\narchive = "my-archive"\n[my-rules.metadata]\nextract = "sample"\n',
  });
  await mkdir(project.path('slow'));
  const gate = Promise.withResolvers<void>();
  onTestFinished(() => gate.resolve());
  const extract = PluginPool.prototype.extract;
  vi.spyOn(PluginPool.prototype, 'extract').mockImplementation(async function (this: PluginPool, request, signal) {
    if (request.watchName === 'slow') await gate.promise;
    return extract.call(this, request, signal);
  });
  return { project, letGo: () => gate.resolve() };
}

async function deliverSlow(project: TestProject, count: number, prefix = 's'): Promise<void> {
  for (let i = 0; i < count; i += 1) await writeFile(project.path(`slow/${prefix}${i}.json`), sample);
}

const archivedOf = async (project: TestProject, watch: string) => {
  const [row] = await project.rows(
    `select count(*) as number from files where watch_name = '${watch}' and state = 'archived'`,
  );
  return Number(row?.['number']);
};

describe('a watch whose groups take for ever', () => {
  it('does not hold up a start, nor the others; its files are archived when they can be', async () => {
    const { project, letGo } = await projectOf();
    await deliverSlow(project, many);
    await project.deliver('before.json', sample);
    const service = await project.start({ clock });
    expect(service.log.said('the others do not wait until a watch has been read')).toBe(1);
    await until('what was there is archived', async () => (await archivedOf(project, 'my-watch')) === 1);
    await project.deliver('after.json', sample);
    await until('what has come is, too', async () => (await archivedOf(project, 'my-watch')) === 2);
    expect(service.log.lines.filter((line) => line.includes('the watch is lost'))).toEqual([]);
    const asked = project.runOnce();
    await until('a person asks', async () => (await project.rows('select id from reconcile_requests')).length === 1);
    await until('it is being done', () => service.log.said('reconciled') > 1);
    letGo();
    await until('all are archived', async () => (await archivedOf(project, 'slow')) === many, 60_000);
    // Whoever asks waits for the slow one, too.
    expect(await asked).toMatchObject({ outcome: 'stopped' });
    await service.stop();
  });

  it('does not hold up what others are delivered while the service runs, nor their retries and new rules', async () => {
    const { project, letGo } = await projectOf();
    const service = await project.start({ clock });
    await project.deliver('bad.json', 'not JSON');
    await until('it is to be tried again', () => service.log.said('will be tried again') > 0);
    await deliverSlow(project, many);
    await until('places are taken', async () => {
      const rows = await project.rows("select state from files where watch_name = 'slow'");
      return rows.length >= 40;
    });
    await writeFile(project.path('delivery/new.json'), sample);
    await until('a new one is archived', async () => (await archivedOf(project, 'my-watch')) === 1);
    const tries = service.log.said('will be tried again');
    await until('the bad one is tried again', () => service.log.said('will be tried again') > tries + 1);
    for (const version of [1, 2]) {
      await project.edit('rules.toml', (text) => `${text}# ${version}\n`);
      await until('the rules are in force', () => service.log.said('new rules are in force') === version);
    }
    letGo();
    await until('all are archived', async () => (await archivedOf(project, 'slow')) === many, 60_000);
    await service.stop();
  });
});
