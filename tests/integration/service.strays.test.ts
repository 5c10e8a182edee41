import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock, type Clock } from '../../src/core/index.ts';
import { GroupLogic } from '../../src/service/group/logic.ts';
import { LiveGroup } from '../../src/service/group/live-group.ts';
import { GroupRegistry } from '../../src/service/group/registry.ts';
import { GroupStore } from '../../src/store/index.ts';
import { sqliteLibrary } from '../../src/store/database/sqlite-library.ts';
import { runCli } from '../support/cli.ts';
import { hurriedClock } from '../support/clock.ts';
import { TestProject, until } from '../support/project.ts';

/** Time in which a stray is taken up at once. */
const hurried = hurriedClock(60_000, 200);

/** Time in which one is taken up each second, several times. */
const brisk = [1, 2, 4, 8, 16, 32].reduce((clock, pauses) => hurriedClock(pauses * 60_000, 1000, clock), systemClock);

/** Has the database refuse what a condition says, as no driver's code for something that passes. */
const refuse = (when: string) =>
  `create trigger refuses before ${when} begin select raise(abort, 'refused by a trigger'); end`;

/** The state of the only group as it is recorded. */
const stateIn = async (project: TestProject) => (await project.rows('select state from files'))[0]?.['state'];

/** The groups that could not be written so far. */
const refused = ({ log }: Awaited<ReturnType<TestProject['start']>>): ReadonlySet<string> =>
  new Set(log.lines.flatMap((line) => /cannot be written.*"group":"([^"]+)"/.exec(line)?.[1] ?? []));

it('groups that the database refuses go on once it takes them, without a reconciliation', async () => {
  const project = await TestProject.create();
  await project.run(refuse('insert on files'));
  const service = await project.start({ clock: brisk });
  for (const key of ['a', 'b', 'c']) await project.deliverGroup(key);
  await until('they are refused', () => refused(service).size === 3);
  const told = () => service.log.lines.filter((line) => line.startsWith('SUCCESS archived')).length;
  expect(told(), 'nobody is told of what is not on record').toBe(0);
  expect(await project.rows('select state from files')).toEqual([]);
  const status = async () => (await runCli(['status'], { cwd: project.directory })).stdout;
  await until('the status says so', async () =>
    /^my-watch +failing .*3 groups cannot go on, as [abc]: refused by a trigger +carbonation doctor$/m.test(
      await status(),
    ),
  );
  await project.run('drop trigger refuses');
  const rows = () => project.rows("select state from files where state = 'archived'");
  await until('they are recorded', async () => (await rows()).length === 3);
  await until('it is told', () => told() === 3);
  await until('the status is well', async () => /^my-watch +ok /m.test(await status()));
  expect(await project.archived()).toHaveLength(6);
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});

it('groups that the database refuses are told of between runs, too', async () => {
  const project = await TestProject.create();
  await project.run(refuse('insert on files'));
  await project.deliverGroup('a');
  await project.runOnce();
  const status = async () => (await runCli(['status'], { cwd: project.directory })).stdout;
  expect(await status()).toMatch(/^my-watch +failing .*1 group cannot go on, as a: refused by a trigger/m);
  await project.run('drop trigger refuses');
  await project.runOnce();
  expect(await status()).toMatch(/^my-watch +ok /m);
});

it('a group that a damaged SQLite file does not take fails a run, which says what helps', async () => {
  const project = await TestProject.create();
  await project.deliverGroup('a');
  await project.runOnce();
  await project.damage('files_due_at_index');
  await project.deliverGroup('b');
  const reason =
    'database disk image is malformed; restore the backup of the database, see "Restore" in docs/operations.md';
  const run = await project.runOnce();
  expect(run).toMatchObject({ outcome: 'failed', failure: `1 group(s) could not be recorded, first b: ${reason}` });
  const said = 'ERROR a group cannot be written and is left as it was recorded last';
  const fields = JSON.stringify({ watch: 'my-watch', group: 'b', code: 'INTERNAL', reason });
  expect(run.log.lines).toContain(`${said} ${fields}`);
});

it('a group whose retry came to nothing because it could not be written is tried again', async () => {
  const project = await TestProject.create({
    config: (text) =>
      text
        .replace(/^# poll_interval = .*$/m, 'poll_interval = "1s"')
        .replace(/^# retry_delay = .*$/m, 'retry_delay = "1s"'),
  });
  await writeFile(project.path('archive'), 'no directory');
  const service = await project.start({ clock: hurried });
  const { said } = service.log;
  const state = () => stateIn(project);
  await project.deliverGroup('one');
  await until('it waits for another try', async () => (await state()) === 'retry_pending');
  await project.run(refuse('update on files'));
  await until('its retry is refused', () => said('cannot be written') > 0);
  expect(await state()).toBe('retry_pending');
  await rm(project.path('archive'));
  await mkdir(project.path('archive'));
  await project.run('drop trigger refuses');
  await until('it is archived', async () => (await state()) === 'archived');
  expect(await project.archived()).toHaveLength(2);
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});

it('a file whose delivery directory is away is not taken for gone', async () => {
  const project = await TestProject.create({
    config: (text) => text.replace(/^# poll_interval = .*$/m, 'poll_interval = "1s"'),
  });
  const service = await project.start({ clock: hurried });
  const { said } = service.log;
  const state = () => stateIn(project);
  await project.deliver('one.txt', 'the text of one');
  await until('it waits', async () => (await state()) === 'waiting');
  await project.run(refuse('update on files'));
  const sample = { start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'alpha', source: 'one' };
  await project.deliver('one.json', JSON.stringify(sample));
  await until('it is refused', () => said('cannot be written') > 0);
  // As a mount point without its disk.
  await rename(project.path('delivery'), project.path('away'));
  await mkdir(project.path('delivery'));
  await project.run('drop trigger refuses');
  await until('the watch is lost', () => said('the watch is lost') > 0);
  expect(await project.rows('select state, in_delivery from files, file_components')).toEqual([
    { state: 'waiting', in_delivery: 1 },
  ]);
  await rm(project.path('delivery'), { recursive: true });
  await rename(project.path('away'), project.path('delivery'));
  await until('it is archived', async () => (await state()) === 'archived');
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});

it('new rules that a group could not be told of reach it', async () => {
  const project = await TestProject.create({
    rules: (text) => text.replace('has_keys = ["category"]', 'field = [{ name = "category", matches = ["^beta"] }]'),
  });
  const service = await project.start({ clock: hurried });
  const { said } = service.log;
  const state = () => stateIn(project);
  await project.deliverGroup('one');
  await until('it is not selected', async () => (await state()) === 'not_selected');
  await project.run(refuse('update on files'));
  await project.edit('rules.toml', (text) => text.replace('"^beta"', '"^alpha"'));
  service.reload.dispatchEvent(new Event('reload'));
  await until('it is refused', () => said('cannot be written') > 0);
  await project.run('drop trigger refuses');
  await until('it is archived', async () => (await state()) === 'archived');
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});

it('groups are taken up one after the other, and no more are in memory than may be', async () => {
  const project = await TestProject.create({
    config: (text) => text.replace(/^# max_active_groups = .*$/m, 'max_active_groups = 3'),
  });
  const groups = 20;
  // All of them are due at the same moment.
  const due: (() => void)[] = [];
  const together: Clock = {
    ...hurried,
    after: (ms, run) => {
      if (ms !== 60_000) return systemClock.after(ms, run);
      due.push(run);
      return { cancel: () => undefined };
    },
  };
  await project.run(refuse('insert on files'));
  let active = (): number => 0;
  let most = 0;
  const service = await project.start({
    clock: together,
    serve: ({ signs }) => {
      active = () => signs().queue.active;
      return Promise.resolve({ note: () => undefined, close: () => Promise.resolve() });
    },
    onEnter: () => void (most = Math.max(most, active())),
  });
  for (let i = 0; i < groups; i += 1) await project.deliverGroup(`g${i}`);
  await until('they are refused', () => refused(service).size === groups);
  most = 0;
  await project.run('drop trigger refuses');
  const rows = () => project.rows("select state from files where state = 'archived'");
  await until('they are recorded', async () => {
    // Of a group whose files came one after the other, the second may have been refused a moment later.
    for (const run of due.splice(0)) run();
    return (await rows()).length === groups;
  });
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(4);
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});

it('a group that is taken up while an event for it is under way has one actor', async () => {
  onTestFinished(() => void vi.restoreAllMocks());
  const project = await TestProject.create({ config: (text) => text.replace('action = "copy"', 'action = "move"') });
  const [watch] = (await project.open()).config.watches;
  if (watch === undefined) throw new Error('no watch');
  const starts = vi.spyOn(LiveGroup.prototype, 'start');
  const deliveries = vi.spyOn(GroupRegistry.prototype, 'deliver');
  const { groupsByKey } = GroupStore.prototype;
  const held: (() => void)[] = [];
  let isHeld = false;
  vi.spyOn(GroupStore.prototype, 'groupsByKey').mockImplementation(async function (this: GroupStore, hashes) {
    const found = await groupsByKey.call(this, hashes);
    if (isHeld) await new Promise<void>((resolve) => held.push(resolve));
    return found;
  });
  // The next write of the group is a conflict: another process has changed its row.
  // Whether it has been on record before, as waiting for its second file, is open.
  for (const change of ['insert', 'update of state'])
    await project.run(
      `create trigger "after ${change}" after ${change} on files when new.state = 'removing_sources' begin update files set lock_version = lock_version + 1 where id = new.id; end`,
    );
  const service = await project.start();
  const { said } = service.log;
  await project.deliverGroup('one');
  await until('it is removing its sources', () =>
    starts.mock.contexts.some((one) => one instanceof LiveGroup && one.state === 'removingSources'),
  );
  isHeld = true;
  const [registry] = deliveries.mock.contexts;
  const event = { type: 'assessment.requested', at: systemClock.now() } as const;
  if (!(registry instanceof GroupRegistry)) throw new Error('nothing was delivered');
  registry.deliver(['another', 'one'].map((groupKey) => ({ watch, groupKey, event })));
  await until('the group is dropped while another one is looked up', () => said('changed a group') > 0);
  await until('it is looked up to be taken up', () => held.length === 2);
  held[0]?.();
  await until('it is looked up for its event', () => held.length === 3);
  isHeld = false;
  held[1]?.();
  await until('it is taken up', () => starts.mock.contexts.length === 2);
  held[2]?.();
  const state = () => stateIn(project);
  await until('it is archived', async () => (await state()) === 'archived');
  expect(starts).toHaveBeenCalledTimes(2);
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});

it('new rules reach a group whose row another process has changed meanwhile', async () => {
  const project = await TestProject.create({
    rules: (text) => text.replace('has_keys = ["category"]', 'field = [{ name = "category", matches = ["^beta"] }]'),
  });
  const Library = sqliteLibrary();
  const other = new Library((await project.open()).config.database.name);
  onTestFinished(() => other.close());
  const versions = new Set<string | null>();
  const service = await project.start({
    clock: hurried,
    onEnter: ({ context: { rulesVersion } }) => {
      const isNew = rulesVersion !== null && !versions.has(rulesVersion);
      if (isNew && versions.size > 0) other.exec('update files set lock_version = lock_version + 1');
      if (isNew) versions.add(rulesVersion);
    },
  });
  const row = async () => (await project.rows('select state, rules_version from files'))[0];
  await project.deliverGroup('one');
  await until('it is not selected', async () => (await row())?.['state'] === 'not_selected');
  const former = (await row())?.['rules_version'];
  await project.edit('rules.toml', (text) => text.replace('"^beta"', '"^gamma"'));
  service.reload.dispatchEvent(new Event('reload'));
  await until('it is judged by the new rules', async () => (await row())?.['rules_version'] !== former);
  expect(service.log.lines.join('\n')).toContain('changed a group');
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});

it('files whose groups cannot be looked up are looked at again', async () => {
  onTestFinished(() => void vi.restoreAllMocks());
  const project = await TestProject.create();
  const service = await project.start({ clock: hurried });
  const { said } = service.log;
  const lookUps = vi.spyOn(GroupStore.prototype, 'knownFiles').mockRejectedValue(new Error('a defect'));
  await project.deliverGroup('one');
  await until('it is said', () => said('could not be taken in') > 0);
  lookUps.mockRestore();
  await until('it is archived', async () => (await project.archived()).length === 2);
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});

it('a group that a defect has stopped is taken up again, and the others are not held up', async () => {
  onTestFinished(() => void vi.restoreAllMocks());
  const project = await TestProject.create();
  const { transition } = GroupLogic.prototype;
  let isMet = false;
  vi.spyOn(GroupLogic.prototype, 'transition').mockImplementation(function (this: GroupLogic, snapshot, event, scope) {
    if (!isMet && snapshot.context.groupKey === 'one' && event.type.startsWith('xstate.done')) {
      isMet = true;
      throw new Error('a defect');
    }
    return transition.call(this, snapshot, event, scope);
  });
  const service = await project.start({ clock: hurried });
  for (const key of ['one', 'two']) await project.deliverGroup(key);
  await until('it is said', () => service.log.said('stopped because of a defect') > 0);
  const rows = () => project.rows("select group_key from files where state = 'archived'");
  await until('both are archived', async () => (await rows()).length === 2);
  expect(await project.archived()).toHaveLength(4);
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});

it('a group that a fail-over has put back into the middle of something goes on with the next reconciliation', async () => {
  const project = await TestProject.create({
    config: (text) =>
      text.replace('action = "copy"', 'action = "move"').replace('[service]', '[service]\npoll_interval = "0.2s"'),
  });
  await project.run('create table kept as select * from actor_snapshots');
  for (const change of ['insert', 'update'])
    await project.run(
      `create trigger keeps_${change} after ${change} on actor_snapshots when json_extract(new.snapshot, '$.value') = 'removingSources'
       begin insert into kept select * from actor_snapshots where group_id = new.group_id; end`,
    );
  // In one statement: that its files have left delivery is recorded meanwhile.
  await project.run(
    `create trigger fails_over after update on files when new.state = 'removing_sources' and old.state = 'archived'
     begin update actor_snapshots set snapshot = (select snapshot from kept); end`,
  );
  const service = await project.start();
  await project.deliverGroup('a');
  await until('it has left memory', () => service.log.said('archived') > 0);
  await project.run("update files set state = 'removing_sources', complete = false");
  expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', failure: null });
  expect(await stateIn(project)).toBe('archived');
  expect(await project.archived()).toHaveLength(2);
  await service.stop();
});
