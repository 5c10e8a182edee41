import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import type { NotifyEvent } from '../../src/config/types.ts';
import { commitGroups } from '../../src/store/commit.ts';
import {
  connectionOf,
  GroupStore,
  NotifyStore,
  openOrm,
  sqlOf,
  type NotifyPosition,
  type TransitionWrite,
} from '../../src/store/index.ts';
import { availableDrivers, hasServer } from '../support/databases.ts';
import { TestProject, until } from '../support/project.ts';
import { groupRow, moment } from '../support/rows.ts';
import { columns, useStore } from '../support/store.ts';
import { startWebhook } from '../support/webhook.ts';

const drivers = await availableDrivers();

function step(toState: string, fromState: string | null = 'transferring'): TransitionWrite {
  return {
    at: moment,
    fromState,
    toState,
    event: 'e',
    reason: toState === 'failed' ? 'the disk is full' : null,
    revision: 1,
    attempt: 0,
    rulesVersion: 'abc',
    node: 'n',
    facts: null,
  };
}

const all: readonly NotifyEvent[] = ['archived', 'failed', 'timed_out', 'watch_lost'];
const start: NotifyPosition = { transitionId: 0, watchEventId: 0 };

describe.each(drivers)('the outbox on %s', (driver) => {
  const bench = useStore(driver);
  const outbox = () => new NotifyStore(bench.orm, driver);
  const failed = (key: string) => groupRow(key, { state: 'failed', transitions: [step('failed')] });

  test('holds what a notifier asks for, in the order of the history, in pages', async () => {
    await bench.store.sql.run('delete from watch_events');
    await bench.made(
      groupRow('a', { transitions: [step('transferring', 'deciding'), step('archived')], archivePath: '/archive/a' }),
      groupRow('b', { transitions: [step('archived', 'assessing')] }),
      groupRow('b2', { transitions: [step('archived', 'adopting')] }),
      groupRow('c', { transitions: [step('timed_out', 'waiting')], watchName: 'other' }),
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
      const rows = await project.rows('select health from watch_events order by id');
      return rows.map(({ health }) => health).join(' ') === 'lost found';
    });
    await service.stop();
    expect(webhook.received).toHaveLength(1);
  });
});
