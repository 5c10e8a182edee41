import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, test, vi } from 'vitest';
import type { NotifyEvent } from '../../src/config/types.ts';
import { commitGroups } from '../../src/store/commit/commit.ts';
import {
  connectionOf,
  GroupStore,
  NotifyStore,
  openOrm,
  pruneHistory,
  sqlOf,
  type NotifyPosition,
  type PrunedBatch,
  type TransitionWrite,
} from '../../src/store/index.ts';
import { availableDrivers, hasServer } from '../support/databases.ts';
import { TestProject, until } from '../support/project.ts';
import { groupRow, moment, stepRow } from '../support/rows.ts';
import { columns, useStore } from '../support/store.ts';
import { startWebhook } from '../support/webhook.ts';
import { FilePool } from '../../src/workers/index.ts';

const drivers = await availableDrivers();

afterEach(() => vi.restoreAllMocks());

/** A transfer that has left something to do. */
function partial(toState: string): TransitionWrite {
  return stepRow(toState, 'transferring', { facts: JSON.stringify({ components: [{ name: 'b', verdict: 'gone' }] }) });
}

/** Of a group at rest a file has left delivery. */
function removal(state: string): TransitionWrite {
  return stepRow(state, state, { event: 'files.removed' });
}

const deferral = stepRow('transferring', 'transferring', { event: 'files.settled' });
const second = { revision: 2 };
/** Ways that groups go, and what is told of each, with the revision. */
const ways: readonly (readonly [string, readonly TransitionWrite[], readonly string[]])[] = [
  ['archived, and the sources leave delivery', [stepRow('archived'), removal('archived')], ['archived 1']],
  [
    'moved, and looked at again',
    [
      stepRow('removing_sources'),
      stepRow('assessing', 'removing_sources'),
      stepRow('archived', 'assessing'),
      stepRow('assessing', 'archived'),
      stepRow('removing_sources', 'assessing'),
      stepRow('archived', 'removing_sources'),
    ],
    ['archived 1'],
  ],
  [
    'a file comes during the transfer, and is no news',
    [deferral, stepRow('assessing'), stepRow('archived', 'assessing')],
    ['archived 1'],
  ],
  [
    'another content comes during the transfer',
    [
      deferral,
      stepRow('assessing'),
      stepRow('waiting', 'assessing', second),
      stepRow('archived', 'transferring', second),
    ],
    ['archived 1', 'archived 2'],
  ],
  [
    'a file goes during the transfer, and the others are all there is',
    [
      partial('assessing'),
      stepRow('archived', 'assessing'),
      removal('archived'),
      stepRow('assessing', 'archived'),
      stepRow('archived', 'assessing'),
    ],
    ['archived 1'],
  ],
  [
    'a file that cannot be moved is taken away',
    [partial('retry_pending'), stepRow('removing_sources', 'assessing'), stepRow('archived', 'removing_sources')],
    ['archived 1'],
  ],
  [
    'one file is found in the archive, the other one is delivered, and a third one goes',
    [stepRow('archived', 'adopting'), partial('assessing'), stepRow('archived', 'assessing')],
    ['archived 1'],
  ],
  [
    'a transfer succeeds at the second attempt, and the same is delivered again',
    [partial('retry_pending'), stepRow('archived'), stepRow('assessing', 'archived'), stepRow('archived', 'assessing')],
    ['archived 1'],
  ],
  [
    'a transfer that threw',
    [
      stepRow('assessing', 'transferring', { event: 'transferComponents.error' }),
      stepRow('archived', 'transferring'),
      stepRow('missing', 'archived'),
      stepRow('archived', 'missing'),
    ],
    ['archived 1'],
  ],
  [
    'a new revision fails to be archived, and leaves delivery',
    [
      stepRow('archived'),
      stepRow('transferring', 'deciding', second),
      { ...partial('retry_pending'), ...second },
      stepRow('assessing', 'retry_pending', second),
      stepRow('archived', 'assessing', { ...second, reason: 'revision 2 left delivery before it was archived' }),
    ],
    ['archived 1'],
  ],
  ['found in the archive', [stepRow('archived', 'adopting'), stepRow('archived', 'assessing')], []],
  [
    'failed, its sources leave delivery, and it fails again when it is asked to',
    [
      stepRow('failed', 'extracting'),
      removal('failed'),
      stepRow('retry_pending', 'failed'),
      stepRow('failed', 'extracting'),
    ],
    ['failed 1', 'failed 1'],
  ],
  [
    'timed out, and its files leave delivery one by one',
    [
      stepRow('timed_out', 'waiting'),
      stepRow('assessing', 'timed_out'),
      stepRow('assessing', 'assessing'),
      stepRow('timed_out', 'assessing'),
      stepRow('assessing', 'timed_out'),
      stepRow('timed_out', 'assessing'),
    ],
    ['timed_out 1'],
  ],
  [
    'timed out by other rules, and again when it is asked to',
    [
      stepRow('waiting', 'waiting'),
      stepRow('assessing', 'waiting'),
      stepRow('timed_out', 'assessing'),
      stepRow('retry_pending', 'timed_out'),
      stepRow('assessing', 'retry_pending'),
      stepRow('waiting', 'assessing'),
      stepRow('timed_out', 'waiting'),
    ],
    ['timed_out 1', 'timed_out 1'],
  ],
];

const all: readonly NotifyEvent[] = ['archived', 'failed', 'timed_out', 'watch_lost'];
const start: NotifyPosition = { transitionId: 0, watchEventId: 0 };

describe.each(drivers)('the outbox on %s', (driver) => {
  const bench = useStore(driver);
  const outbox = () => new NotifyStore(bench.orm, driver);
  const failed = (key: string) => groupRow(key, { state: 'failed', transitions: [stepRow('failed', 'extracting')] });

  test('holds what a notifier asks for, in the order of the history, in pages', async () => {
    await bench.store.sql.run('delete from watch_events');
    await bench.made(
      groupRow('a', {
        transitions: [stepRow('transferring', 'deciding'), stepRow('archived')],
        archivePath: '/archive/a',
      }),
      groupRow('c', { transitions: [stepRow('timed_out', 'waiting')], watchName: 'other' }),
      failed('d'),
    );
    await outbox().recordWatch('w', 'found', null, moment);
    await outbox().recordWatch('w', 'lost', 'gone', moment);
    await outbox().recordWatch('w', 'lost', 'still gone', moment);
    const read = async (on: readonly NotifyEvent[], watch: string | null, limit = 100) => {
      const found: (string | undefined)[] = [];
      let position = start;
      for (let isOver = false; !isOver;) {
        const page = await outbox().after(position, { on, watch }, limit);
        isOver = page.events.length === 0;
        ({ position } = page);
        found.push(...page.events.map(({ event, group }) => `${event} ${group?.key ?? ''}`));
      }
      return found;
    };
    for (const limit of [1, 2, 100]) {
      expect(await read(all, null, limit)).toEqual(['archived a', 'timed_out c', 'failed d', 'watch_lost ']);
    }
    expect(await read(all, 'other')).toEqual(['timed_out c']);
    expect(await read(['failed', 'watch_lost'], 'w')).toEqual(['failed d', 'watch_lost ']);
    const { events } = await outbox().after(start, { on: ['archived', 'watch_lost'], watch: null }, 10);
    expect(events).toMatchObject([
      {
        at: moment,
        watch: 'w',
        reason: null,
        group: { key: 'a', complete: false, archivePath: '/archive/a', revision: 1 },
      },
      { at: moment, watch: 'w', reason: 'gone', group: null },
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });

  test('keeps of a watch that comes and goes only what somebody is still to be told of', async () => {
    const { sql } = bench.store;
    await sql.run('delete from watch_events');
    await sql.run('delete from notifiers');
    const flap = async (times: number) => {
      for (let i = 0; i < times; i += 1) {
        await outbox().recordWatch('w', 'lost', 'gone', moment);
        await outbox().recordWatch('w', 'found', null, moment);
      }
    };
    const kept = async (watch: string) =>
      (await sql.all('select id from watch_events where watch_name = ? order by id', [watch])).map(({ id }) =>
        Number(id),
      );
    await outbox().recordWatch('other', 'lost', 'gone', moment);
    await flap(3);
    expect(await kept('w')).toHaveLength(1);
    const states = await outbox().register(['quick', 'late']);
    await flap(2);
    const since = await kept('w');
    expect(since).toHaveLength(4);
    const { transitionId } = states.get('late')?.position ?? start;
    await outbox().advance('quick', { transitionId, watchEventId: since.at(-1) ?? 0 }, moment);
    await outbox().advance('late', { transitionId, watchEventId: since[1] ?? 0 }, moment);
    await outbox().recordWatch('w', 'lost', 'gone', moment);
    expect((await kept('w')).slice(0, -1)).toEqual(since.slice(2));
    expect(await kept('other')).toHaveLength(1);
    await outbox().register([]);
  });

  test('tells each revision that is archived once, whatever its group goes through', async () => {
    const groups = ways.map(([key, transitions]) => groupRow(key, { transitions }));
    await bench.made(...groups);
    const { events } = await outbox().after(start, { on: all, watch: null }, 1000);
    const told = Map.groupBy(events, ({ group }) => group?.key);
    for (const [way, , expected] of ways) {
      const found = told.get(way) ?? [];
      expect({ way, told: found.map(({ event, group }) => `${event} ${group?.revision}`) }).toEqual({
        way,
        told: expected,
      });
    }
  });

  test.each(['before', 'after'])('a history that is pruned %s what follows tells the same', async (moments) => {
    const old = (steps: readonly TransitionWrite[]) => steps.map((step) => ({ ...step, at: moment - 1 }));
    const cuts = ways.flatMap(([way, steps]) =>
      steps.flatMap((_, at) => {
        const [begun, rest] = [steps.slice(0, at), steps.slice(at)];
        return [
          { key: `${way}, ${at}`, begun: old(begun), rest: old(rest) },
          { key: `whole: ${way}, ${at}`, begun, rest },
        ];
      }),
    );
    const prune = async () => {
      let removed = 0;
      for (let next: number | null = 0; next !== null;) {
        const batch: PrunedBatch = await pruneHistory(bench.store.sql, moment, next, moment);
        removed += batch.removed;
        ({ next } = batch);
      }
      expect(removed).toBeGreaterThan(20);
    };
    const made = await bench.made(...cuts.map(({ key, begun }) => groupRow(key, { transitions: begun })));
    const position = (await outbox().register([`pruned ${moments}`])).get(`pruned ${moments}`)?.position ?? start;
    if (moments === 'before') await prune();
    await bench.store.commit(made.map((group, i) => ({ ...group, transitions: cuts[i]?.rest ?? [] })));
    if (moments === 'after') await prune();
    const { events } = await outbox().after(position, { on: all, watch: null }, 1000);
    const told = Map.groupBy(events, ({ group }) => group?.key);
    const toldOf = (key: string) => (told.get(key) ?? []).map(({ event, group }) => `${event} ${group?.revision}`);
    for (const { key } of cuts.filter((cut) => !cut.key.startsWith('whole: '))) {
      expect({ key, told: toldOf(key) }).toEqual({ key, told: toldOf(`whole: ${key}`) });
    }
  });

  test('a new notifier begins at the end; a known one goes on; one that is gone is forgotten', async () => {
    await bench.made(failed('before'));
    const [first] = [...(await outbox().register(['a'])).values()];
    expect(first?.position.transitionId).toBeGreaterThan(0);
    await bench.made(failed('after'));
    const again = (await outbox().register(['a', 'b'])).get('a');
    expect(again).toEqual(first);
    const page = await outbox().after(again?.position ?? start, { on: all, watch: null }, 10);
    expect(page.events.map(({ group }) => group?.key)).toEqual(['after']);
    await outbox().fail('a', moment, 'host answered 500');
    expect(await outbox().states()).toContainEqual(
      expect.objectContaining({ failingSince: moment, lastError: 'host answered 500' }),
    );
    // A command's last words may be anything.
    await outbox().fail('a', moment, 'nul \0, half \uD83D!');
    expect(await outbox().states()).toContainEqual(
      expect.objectContaining({ name: 'a', lastError: expect.stringMatching(/^nul .*, half .+!$/s) }),
    );
    await outbox().advance('a', page.position, moment);
    expect(await outbox().states()).toContainEqual(
      expect.objectContaining({ name: 'a', position: page.position, deliveredAt: moment, failingSince: null }),
    );
    await outbox().register(['b']);
    expect((await outbox().states()).map(({ name }) => name)).toEqual(['b']);
  });

  // What a reader has gone past must never appear behind it: a commit that began earlier and ends later would.
  // Without a server, PostgreSQL is in this process and has one connection.
  test.runIf(driver === 'sqlite' || hasServer(driver))(
    'a commit that takes long holds later ones back, so that none is missed',
    async () => {
      const slow = await openOrm(bench.config, columns, { create: false });
      try {
        let { position: place } = await outbox().after(start, { on: all, watch: null }, 1000);
        const seen: (string | undefined)[] = [];
        const look = async () => {
          const page = await outbox().after(place, { on: all, watch: null }, 1000);
          place = page.position;
          seen.push(...page.events.map(({ group }) => group?.key));
        };
        const connection = connectionOf(slow);
        const transaction = await connection.begin();
        await commitGroups(sqlOf(transaction, driver), [failed('early')], columns);
        let isLateWritten = false;
        const write = async () => {
          await new GroupStore(bench.orm, driver, columns).commit([failed('late')]);
          isLateWritten = true;
        };
        // SQLite refuses the second writer, the servers have it wait.
        if (driver === 'sqlite') {
          await connectionOf(bench.orm).execute('pragma busy_timeout = 0');
          await expect(write()).rejects.toThrow('database is locked');
        }
        const late = driver === 'sqlite' ? null : write();
        for (let looks = 0; looks < 20; looks += 1) await look();
        expect({ isLateWritten, seen }).toEqual({ isLateWritten: false, seen: [] });
        await connection.commit(transaction);
        await (late ?? write());
        await look();
        expect(seen).toEqual(['early', 'late']);
      } finally {
        await slow.close(true);
      }
    },
  );

  test('a reader beside many writers misses none and reads none twice', async () => {
    const { position } = await outbox().after(start, { on: all, watch: null }, 1000);
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
    let isOver = false;
    const writing = Promise.all(keys.map((key) => bench.store.commit([failed(key)]))).then(() => {
      isOver = true;
    });
    const seen: (string | undefined)[] = [];
    let place = position;
    for (let isLast = false; !isLast;) {
      isLast = isOver;
      const page = await outbox().after(place, { on: all, watch: null }, 7);
      if (page.events.length === 7) isLast = false;
      place = page.position;
      seen.push(...page.events.map(({ group }) => group?.key));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    expect(seen).toHaveLength(keys.length);
    expect(new Set(seen)).toEqual(new Set(keys));
  });

  test('a long history without anything that is asked for is looked through part by part', async () => {
    const { position } = await outbox().after(start, { on: all, watch: null }, 1000);
    const steps = Array.from({ length: 10_500 }, () => stepRow('waiting'));
    await bench.made(groupRow('long', { transitions: steps }), failed('behind'));
    const first = await outbox().after(position, { on: ['failed'], watch: null }, 10);
    const part = { transitionId: position.transitionId + 10_000 };
    expect(first).toMatchObject({ events: [], position: part, isEnd: false });
    const second = await outbox().after(first.position, { on: ['failed'], watch: null }, 10);
    expect(second).toMatchObject({ events: [{ group: { key: 'behind' } }], isEnd: true });
  });
});

describe('the service', () => {
  const notify = (lines: string) => (text: string) =>
    `${text.replace('[service]', '[service]\npoll_interval = "0.1s"')}\n[[notify]]\n${lines}\n`;

  it.each(drivers)(
    'notifies a webhook after the commit, and the next run of what was not taken, on %s',
    async (database) => {
      await using webhook = await startWebhook();
      const project = await TestProject.create({
        database,
        config: notify(`name = "ops"\non = ["archived", "failed", "watch_lost"]\nurl = ${JSON.stringify(webhook.url)}`),
      });
      const keys = () => webhook.received.map(({ body }) => body['group'] && Object.entries(body['group'])[1]?.[1]);
      webhook.status = 500;
      await project.deliverGroup('a');
      expect(await project.runOnce()).toMatchObject({ archived: 1, outcome: 'stopped' });
      // The run is over, and nobody has taken it yet: it is the next one's to deliver.
      webhook.received.length = 0;
      webhook.status = 204;
      await project.deliverGroup('b');
      await project.runOnce();
      expect(keys()).toEqual(['a', 'b']);
      expect(webhook.received[0]?.body).toMatchObject({
        event: 'archived',
        notifier: 'ops',
        watch: 'my-watch',
        reason: null,
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        group: { group_key: 'a', complete: true, revision: 1, archive_path: expect.stringContaining('archive/alpha') },
      });
      await rename(project.path('delivery'), project.path('away'));
      await project.runOnce();
      await project.runOnce();
      expect(webhook.received.slice(2).map(({ body }) => body)).toMatchObject([
        { event: 'watch_lost', watch: 'my-watch', group: null },
      ]);
      const [row] = await project.rows('select name, failing_since, last_error from notifiers');
      expect(row).toEqual({ name: 'ops', failing_since: null, last_error: null });
    },
  );

  const acting = (action: 'copy' | 'move', on: string, url: string) => (text: string) =>
    notify(`on = [${on}]\nurl = ${JSON.stringify(url)}`)(text).replaceAll('action = "copy"', `action = "${action}"`);

  it.each(['copy', 'move'] as const)(
    'tells what was archived or has failed once, also when its files leave delivery, with %s',
    async (action) => {
      await using webhook = await startWebhook();
      const config = acting(action, '"archived", "failed"', webhook.url);
      const project = await TestProject.create({
        config: (text) => config(text).replace('[service]', '[service]\nmax_retries = 0'),
      });
      await project.deliverGroup('a');
      await project.deliver('b.json', '{ "start": not JSON');
      await project.deliver('b.txt', 'the text of b');
      await project.runOnce();
      for (const name of ['a.json', 'a.txt', 'b.json', 'b.txt']) {
        await rm(project.path(`delivery/${name}`), { force: true });
      }
      await project.runOnce();
      const steps = "select 1 from group_transitions where event = 'files.removed' and to_state = 'failed'";
      expect(await project.rows(steps)).toHaveLength(1);
      expect(webhook.received.map(({ body }) => String(body['event'])).toSorted()).toEqual(['archived', 'failed']);
    },
  );

  it.each(['copy', 'move'] as const)(
    'tells of a group to which a file that is not sound came while it was being archived, with %s',
    async (action) => {
      await using webhook = await startWebhook();
      const config = acting(action, '"archived"', webhook.url);
      const project = await TestProject.create({
        config: (text) => config(text).replace('"*.json"]', '"*.json", "*.xml"]'),
      });
      const { promise: deferred, resolve: defer } = Promise.withResolvers<void>();
      const { transfer } = FilePool.prototype;
      vi.spyOn(FilePool.prototype, 'transfer').mockImplementation(async function (this: FilePool, request) {
        // Below min_size.
        await project.deliver('a.xml', '');
        await deferred;
        return transfer.call(this, request);
      });
      const service = await project.start({
        onEnter: ({ state }, from) => {
          if (state === 'transferring' && from === 'transferring') defer();
        },
      });
      await project.deliverGroup('a');
      const archived = "select 1 from files where state = 'archived'";
      await until('it is archived', async () => (await project.rows(archived)).length === 1);
      await service.stop();
      expect(webhook.received.map(({ body }) => body['event'])).toEqual(['archived']);
      expect(await project.rows("select status from file_components where filename = 'a.xml'")).toEqual([
        { status: 'integrity_failed' },
      ]);
    },
  );

  it(
    'a process that is killed before its notification was taken leaves it to the next run',
    { timeout: 60_000 },
    async () => {
      await using webhook = await startWebhook();
      const project = await TestProject.create({
        config: notify(`on = ["archived"]\nurl = ${JSON.stringify(webhook.url)}`),
      });
      // The endpoint takes the request and does not answer: the process dies with its event under way.
      webhook.status = null;
      await project.deliverGroup('a');
      const program = join(import.meta.dirname, '../support/crash-run.ts');
      const child = spawn(process.execPath, [program, project.directory, 'archived', '60000'], { stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      await until('the event is under way', () => webhook.received.length === 1, 45_000);
      child.kill('SIGKILL');
      await once(child, 'exit');
      webhook.status = 200;
      expect(await project.runOnce()).toMatchObject({ archived: 0, outcome: 'stopped' });
      const [first, second, ...more] = webhook.received.map(({ body }) => body);
      expect(more).toEqual([]);
      expect(second).toEqual(first);
    },
  );

  it('archives while a command takes its time, and breaks it off when it stops', async () => {
    const project = await TestProject.create({
      config: notify('on = ["archived"]\ncommand = ["sh", "-c", "cat >> got; sleep 60"]\ntimeout = "5m"'),
    });
    const service = await project.start();
    for (const key of ['a', 'b', 'c']) await project.deliverGroup(key);
    await until('all are archived', async () => (await project.archived()).length === 6);
    await until('the command runs', async () => (await project.rows('select 1 from notifiers')).length === 1);
    const begun = performance.now();
    expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
    expect(performance.now() - begun).toBeLessThan(15_000);
    const [row] = await project.rows('select delivered_at from notifiers');
    expect(row).toEqual({ delivered_at: null });
  });

  it('says that a watch is lost while it runs', async () => {
    await using webhook = await startWebhook();
    const project = await TestProject.create({
      config: notify(`on = ["watch_lost"]\nwatch = "my-watch"\nurl = ${JSON.stringify(webhook.url)}`),
    });
    const service = await project.start();
    await rename(project.path('delivery'), project.path('away'));
    await until('it is told', () => webhook.received.length === 1);
    expect(webhook.received[0]?.body).toMatchObject({ event: 'watch_lost', reason: expect.any(String) });
    await rename(project.path('away'), project.path('delivery'));
    await until('it is found', async () => {
      const rows = await project.rows('select health from watch_events');
      return rows.map(({ health }) => health).join(' ') === 'found';
    });
    await service.stop();
    expect(webhook.received).toHaveLength(1);
  });
});
