import { describe, expect, it } from 'vitest';
import type { DriverName } from '../../src/config/types.ts';
import { availableDrivers, hasServer } from '../support/databases.ts';
import { openOrm, sqlOn } from '../../src/store/index.ts';
import { hurriedClock } from '../support/clock.ts';
import { Proxy } from '../support/proxy.ts';
import { TestProject, until } from '../support/project.ts';

const drivers = await availableDrivers();

describe.each(drivers.filter(hasServer))('a database on %s that goes away under the running service', (database) => {
  it('is waited for, said so once, and nothing is lost', async () => {
    const project = await TestProject.create({ database });
    const proxy = await Proxy.before(project);
    const service = await project.start();
    const { said } = service.log;
    await project.deliverGroup('before');
    await until('one is archived', async () => (await project.archived()).length === 2);

    await proxy.cut();
    for (const name of ['a', 'b', 'c']) await project.deliverGroup(name);
    await until('work waits', () => said('the database does not answer') > 0);
    expect(await project.archived(), 'nothing is archived unrecorded').toHaveLength(2);
    await proxy.restore();
    await until('it is back', () => said('the database answers again') > 0);
    await until('all are archived', async () => (await project.archived()).length === 8);
    const states = () => project.rows("select state from files where state = 'archived'");
    await until('all are recorded', async () => (await states()).length === 4);
    expect([said('the database does not answer'), said('the database answers again')]).toEqual([1, 1]);
    expect(await service.stop()).toMatchObject({ outcome: 'stopped', failure: null });
  });
});

it.each(drivers.filter(hasServer))(
  'what a standby on %s lacks after a fail-over is restored at once',
  async (database) => {
    const project = await TestProject.create({
      database,
      config: (text) => text.replace(/^# poll_interval = .*$/m, 'poll_interval = "0.2s"'),
    });
    const proxy = await Proxy.before(project);
    const service = await project.start();
    for (const key of ['a', 'b']) await project.deliverGroup(key);
    const states = async () => (await project.rows('select group_key, state from files')).map(({ state }) => state);
    await until('both are archived', async () => (await states()).join() === 'archived,archived');
    await proxy.cut();
    await until('work waits', () => service.log.said('the database does not answer') > 0);
    for (const table of ['file_components', 'actor_snapshots', 'group_transitions'])
      await project.run(`delete from ${table} where group_id = (select id from files where group_key = 'b')`);
    await project.run("delete from files where group_key = 'b'");
    await proxy.restore();
    await until('both are on record again', async () => (await states()).join() === 'archived,archived');
    expect(await project.archived(), 'nothing is archived twice').toHaveLength(4);
    expect(await service.stop()).toMatchObject({ outcome: 'stopped', failure: null });
  },
);

describe.each(drivers.filter(hasServer))('a database on %s that ends the connection over one group', (database) => {
  it('has that one refused with what to do, and all others recorded', async () => {
    const project = await TestProject.create({ database });
    const proxy = await Proxy.before(project);
    const service = await project.start();
    proxy.refuse('too large');
    for (const name of ['a', 'b', 'c']) await project.deliverGroup(name);
    await project.deliverGroup('large', { source: 'too large' });
    await until('it is refused', () => service.log.said('RECORD_REFUSED') > 0);
    await project.deliverGroup('d');
    const states = () => project.rows("select state from files where state = 'archived'");
    await until('all others are recorded', async () => (await states()).length === 4);
    expect(service.log.said('max_allowed_packet')).toBe(1);
    expect(service.log.said('does not answer')).toBe(0);
    expect(await service.stop()).toMatchObject({ outcome: 'stopped', failure: null });
  });
});

describe.each(drivers.filter(hasServer))('a database on %s that keeps silent', (database) => {
  it('is told of, and nothing is lost when it speaks again', async () => {
    const project = await TestProject.create({
      database,
      config: (text) => text.replace(/^# heartbeat_interval = .*$/m, 'heartbeat_interval = "1s"'),
    });
    const proxy = await Proxy.before(project);
    const service = await project.start();
    const told = () => service.log.said('does not answer the heartbeat');

    proxy.hold();
    for (const name of ['a', 'b', 'c']) await project.deliverGroup(name);
    await until('it is told of', () => told() > 1);
    expect(await project.archived(), 'nothing is archived unrecorded').toHaveLength(0);
    proxy.release();
    await until('all are archived', async () => (await project.archived()).length === 6);
    const states = () => project.rows("select state from files where state = 'archived'");
    await until('all are recorded', async () => (await states()).length === 3);
    expect(await service.stop()).toMatchObject({ outcome: 'stopped', failure: null });
  });
});

const withPostgresql = drivers.filter((driver) => driver === 'postgresql' && hasServer(driver));

/** Time in which a stop does not wait half a minute for what runs. */
const hurried = hurriedClock(30_000, 500);

it.each(withPostgresql)('a stop does not wait for ever for a %s server that keeps silent', async (database) => {
  const project = await TestProject.create({
    database,
    // Nothing else hangs meanwhile.
    config: (text) => text.replace(/^# poll_interval = .*$/m, 'poll_interval = "10m"'),
  });
  const proxy = await Proxy.before(project);
  const service = await project.start({ clock: hurried });
  await project.deliverGroup('before');
  const states = () => project.rows("select state from files where state = 'archived'");
  // Nothing is under way by then that a stop waits for anyhow.
  await until('one is recorded', async () => (await states()).length === 1);
  proxy.hold();
  expect(await service.stop()).toMatchObject({ outcome: 'stopped', failure: null });
});

it.each(withPostgresql)('a %s server that takes no writes, as after a fail-over, is waited for', async (database) => {
  const project = await TestProject.create({ database });
  const { name } = (await project.open()).config.database;
  const service = await project.start();
  const { said } = service.log;
  await project.deliverGroup('before');
  const states = () => project.rows("select state from files where state = 'archived'");
  await until('one is recorded', async () => (await states()).length === 1);
  const other = await openOrm((await project.open()).config.database, {}, { create: false });
  const admin = sqlOn(other, 'postgresql');
  const writes = async (value: 'on' | 'off') => {
    await admin.run(`alter database "${name}" set default_transaction_read_only = ${value}`);
    await admin.run(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = ? and pid <> pg_backend_pid()',
      [name],
    );
  };
  try {
    await writes('on');
    for (const key of ['a', 'b', 'c']) await project.deliverGroup(key);
    await until('work waits', () => said('the database does not answer') > 0);
    // This session has begun before; it may write.
    await writes('off');
  } finally {
    await other.close(true);
  }
  await until('all are archived', async () => (await project.archived()).length === 8);
  await until('all are recorded', async () => (await states().catch(() => [])).length === 4);
  expect([said('cannot be written'), said('the database does not answer')]).toEqual([0, 1]);
  expect(await service.stop()).toMatchObject({ outcome: 'stopped', failure: null });
});

describe.each(drivers)('a second service on one database on %s', (database: DriverName) => {
  it('says who holds it and since when, and leaves', async () => {
    const project = await TestProject.create({ database });
    const before = Date.now();
    const first = await project.start();
    const second: unknown = await project.runOnce({ once: false }).catch((error: unknown) => error);
    expect(second).toMatchObject({ code: 'SERVICE_RUNNING' });
    const [, pid, since = ''] =
      /process (\d+) on \S+, since (\S+)$/.exec(second instanceof Error ? second.message : '') ?? [];
    expect(pid).toBe(String(process.pid));
    expect(Date.parse(since)).toBeGreaterThanOrEqual(before);
    expect(await first.stop()).toMatchObject({ outcome: 'stopped', failure: null });
  });
});
