import { copyFile, mkdir, readdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DatabaseFile } from '../../src/service/database/database-file.ts';
import { GroupStore, ServiceStore } from '../../src/store/index.ts';
import { Listener } from '../../src/watch/index.ts';
import { hurriedClock } from '../support/clock.ts';
import { TestProject, until } from '../support/project.ts';

const often = (text: string) => text.replace('[service]', '[service]\nheartbeat_interval = "0.1s"');

describe('a database file', () => {
  it('that is deleted under the running service ends it: nobody would ever see what it writes', async () => {
    const project = await TestProject.create({ config: often });
    const service = await project.start();
    await unlink(project.path('carbonation.db'));
    expect(await service.report).toMatchObject({
      outcome: 'failed',
      failure: `the database ${project.path('carbonation.db')} has been deleted or moved away`,
    });
    // The last error goes to stderr only, and says that the log is to be looked at.
    const said = service.log.lines.filter((line) => line.startsWith('ERROR the service has failed and stops'));
    expect(said).toEqual([expect.stringContaining('has been deleted or moved away')]);
    expect(service.log.said('stopping: ')).toBe(0);
  });

  it('that another one is put in the place of ends it, and the other one is left as it is', async () => {
    const project = await TestProject.create({ config: often });
    await copyFile(project.path('carbonation.db'), project.path('other.db'));
    const service = await project.start();
    await rename(project.path('other.db'), project.path('carbonation.db'));
    for (const rest of ['-wal', '-shm']) await rm(project.path(`carbonation.db${rest}`));
    expect(await service.report).toMatchObject({
      outcome: 'failed',
      failure: expect.stringMatching(/^another file is in the place of the database /),
    });
    await project.deliverGroup('a');
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', archived: 1 });
  });
});

describe.each(['-wal', '-shm'])('what SQLite keeps beside its file as %s', (suffix) => {
  it('and is deleted under the running service ends it, with all that is on record', async () => {
    const project = await TestProject.create({ config: often });
    const service = await project.start();
    await project.deliverGroup('a');
    await until('it is recorded', () => service.log.said('archived') > 0);
    await unlink(project.path(`carbonation.db${suffix}`));
    expect(await service.report).toMatchObject({
      outcome: 'failed',
      failure: `${project.path(`carbonation.db${suffix}`)}, which belongs to the database, has been deleted or moved away`,
    });
    expect(await project.rows('select state from files')).toEqual([{ state: 'archived' }]);
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', archived: 0 });
  });

  it('and is made anew by who opens the database before a heartbeat ends it likewise', async () => {
    const project = await TestProject.create({ config: often });
    const service = await project.start();
    await project.deliverGroup('a');
    await until('it is recorded', () => service.log.said('archived') > 0);
    const path = project.path(`carbonation.db${suffix}`);
    await writeFile(`${path}.new`, '');
    await rename(`${path}.new`, path);
    const failure = `another file is in the place of ${path}, which belongs to the database`;
    expect(await service.report).toMatchObject({ outcome: 'failed', failure });
    expect(await project.rows('select state from files')).toEqual([{ state: 'archived' }]);
  });
});

it("no thread begins another log while the service still has SQLite's, which would damage the database", async () => {
  const project = await TestProject.create({ config: often });
  // Beside the file itself, as SQLite has it.
  await mkdir(project.path('elsewhere'));
  await rename(project.path('carbonation.db'), project.path('elsewhere/real.db'));
  await symlink(project.path('elsewhere/real.db'), project.path('carbonation.db'));
  // Between two heartbeats.
  const looking = vi.spyOn(DatabaseFile.prototype, 'fault').mockResolvedValue(null);
  onTestFinished(() => looking.mockRestore());
  const service = await project.start({ clock: hurriedClock(30_000, 100) });
  await unlink(project.path('elsewhere/real.db-wal'));
  await project.deliverGroup('a');
  await until('a commit waits', () => service.log.said('the database does not answer') > 0);
  expect(await readdir(project.path('elsewhere'))).not.toContain('real.db-wal');
  looking.mockRestore();
  expect(await service.report).toMatchObject({
    outcome: 'failed',
    failure: expect.stringMatching(/real\.db-wal, which belongs/),
  });
  expect(await project.rows('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', archived: 1 });
});

describe('a claim on the database that is no longer on record', () => {
  it.each([
    [
      null,
      /^this process is no longer recorded as the one that works on the database: the database was created again, or another/,
    ],
    ["'another'", /^process \d+ on .+ has taken the database over$/],
  ])('ends the service, which says what is true, with the instance %s', async (instance, failure) => {
    const project = await TestProject.create({ config: often });
    const service = await project.start();
    await project.run(`update service_state set instance = ${instance}`);
    expect(await service.report).toMatchObject({ outcome: 'failed', failure: expect.stringMatching(failure) });
  });
});

describe('file events that are lost', () => {
  it('are made good by reading the directory, which the log and the heartbeat say', async () => {
    let tell: Parameters<Listener['open']>[1] = () => {};
    // A listener that hears nothing.
    const open = vi.spyOn(Listener.prototype, 'open').mockImplementation((watch, handle) => {
      tell = handle;
      setImmediate(() => handle({ type: 'ready', name: watch.name }));
      return () => undefined;
    });
    const beat = vi.spyOn(ServiceStore.prototype, 'beat');
    onTestFinished(() => {
      open.mockRestore();
      beat.mockRestore();
    });
    const project = await TestProject.create();
    const service = await project.start();
    await project.deliverGroup('a');
    tell({ type: 'burst', name: 'my-watch' });
    await until('it is archived', async () => (await project.archived()).length === 2);
    expect(service.log.lines.join('\n')).toContain('WARNING a burst of events');
    const healths = () => beat.mock.calls.map(([, pulse]) => pulse.watches['my-watch']);
    expect(healths()).toContainEqual({
      health: 'scanning',
      reason: 'a burst of events: some may have been lost',
      isHeldBack: false,
      lastFileAt: null,
      ungrouped: null,
      stuck: null,
    });
    await until('it is over', () => healths().at(-1)?.health === 'watching');
    await service.stop();
  });
});

describe('a database that fails while a watch is compared with it', () => {
  const healthOf = async (project: TestProject) => {
    const [row] = await project.rows('select watches from service_state');
    return JSON.parse(String(row?.['watches']))['my-watch'];
  };

  it('has that watch read again soon, and says so meanwhile', async () => {
    const project = await TestProject.create({ config: often });
    const service = await project.start({ clock: hurriedClock(60_000, 1000) });
    await until('it is ready', () => service.log.said('ready') > 0);
    const failing = vi.spyOn(GroupStore.prototype, 'newestFileId').mockRejectedValue(new Error('a deadlock'));
    onTestFinished(() => failing.mockRestore());
    await project.runOnce();
    const reason = 'it could not be compared with the database: a deadlock';
    await until('it shows', async () => (await healthOf(project)).reason === reason);
    expect(await healthOf(project)).toMatchObject({ health: 'scanning' });
    failing.mockRestore();
    await until('it is over', async () => (await healthOf(project)).health === 'watching');
    await service.stop();
  });

  it('before any watch was read has all of them read soon', async () => {
    const { groupsInStates } = GroupStore.prototype;
    let begun = 0;
    const failing = vi.spyOn(GroupStore.prototype, 'groupsInStates').mockImplementation(function (
      this: GroupStore,
      ...asked
    ) {
      // What the start begins with, and then each reconciliation.
      if (asked[1].includes('adopting')) begun += 1;
      return asked[1].includes('adopting') && begun > 1
        ? Promise.reject(new Error('a deadlock'))
        : groupsInStates.apply(this, asked);
    });
    onTestFinished(() => failing.mockRestore());
    const project = await TestProject.create({ config: often });
    await project.deliverGroup('a');
    const service = await project.start({ clock: hurriedClock(60_000, 500) });
    await until('it is archived', async () => (await project.archived()).length === 2);
    expect(service.log.said('ERROR a watch cannot be compared with the database')).toBe(1);
    await service.stop();
  });

  it('fails a run that ends, which does not blame the directory', async () => {
    const project = await TestProject.create();
    const failing = vi.spyOn(GroupStore.prototype, 'newestFileId');
    const malformed = new Error('database disk image is malformed');
    failing.mockRejectedValue(Object.assign(malformed, { code: 'SQLITE_CORRUPT' }));
    onTestFinished(() => failing.mockRestore());
    expect(await project.runOnce()).toMatchObject({
      outcome: 'failed',
      failure: `the database cannot do its work: ${malformed.message}; restore the backup of the database, see "Restore" in docs/operations.md`,
    });
  });
});

describe('a name that is not UTF-8', () => {
  it('is reported as soon as it arrives, once, also in a directory that came with it', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace(/^# recursive = .*$/m, 'recursive = true'),
    });
    const service = await project.start();
    const reported = () => service.log.lines.filter((line) => line.includes('not UTF-8'));
    const foreign = (directory: string) =>
      Buffer.concat([Buffer.from(`${project.path(directory)}/a`), Buffer.from([0xff]), Buffer.from('.txt')]);
    await writeFile(foreign('delivery'), 'some text here');
    await until('it is reported', () => reported().length === 1);
    await writeFile(foreign('delivery'), 'another text');
    await mkdir(project.path('beside'));
    await writeFile(foreign('beside'), 'some text here');
    await rename(project.path('beside'), project.path('delivery/moved-in'));
    await until('the other one is, too', () => reported().some((line) => line.includes('moved-in')));
    expect(reported()).toHaveLength(2);
    await service.stop();
  });
});

describe('a stop', () => {
  it('waits for what is running, but not for ever; the next start takes it up', async () => {
    const project = await TestProject.create({
      extractors: 'export const sample = () => new Promise<never>(() => undefined);\n',
    });
    // The 30 s of a stop pass in no time.
    const service = await project.start({ clock: hurriedClock(30_000, 0) });
    await project.deliverGroup('a');
    const extracting = async () => (await project.rows('select state from files'))[0]?.['state'] === 'extracting';
    await until('its extractor hangs', extracting);
    expect(await service.stop()).toMatchObject({ outcome: 'stopped', failure: null });
    expect(service.log.lines.join('\n')).toContain('stopped before all work was finished');
    expect(await extracting(), 'as it was left').toBe(true);
  });
});
