import { beforeEach, describe, expect, test } from 'vitest';

import { ServiceState } from '../../entities/index.ts';
import { initDatabase } from '../../src/api/database.ts';
import type { DriverName } from '../../src/config/types.ts';
import { systemCode } from '../../src/errors/index.ts';
import { GroupStore, openOrm, RequestStore, ServiceStore, sqlOn, type Orm } from '../../src/store/index.ts';
import { sqliteLibrary } from '../../src/store/database/sqlite-library.ts';
import { availableDrivers, makeDatabase, type TestDatabase } from '../support/databases.ts';
import { componentRow, groupRow, moment } from '../support/rows.ts';
import { columns, project } from '../support/store.ts';

const drivers = await availableDrivers();

describe.each(drivers)('the claim on %s', (driver: DriverName) => {
  let database: TestDatabase;
  let orm: Orm;
  let service: ServiceStore;
  beforeEach(async () => {
    database = await makeDatabase(driver);
    await initDatabase(project(database.config));
    orm = await openOrm(database.config, columns, { create: false });
    service = new ServiceStore(orm, driver);
    return async () => {
      await orm.close(true);
      await database.drop();
    };
  });

  const holder = (instance: string) => ({ instance, host: 'h', bootId: 'b', pid: 42, mode: 'run' });
  const beat = { at: moment + 5, queueDepth: 7, workersActive: 2, rulesVersion: 'abc' };
  const watches = {
    'w "1"': {
      health: 'lost',
      reason: "it's gone",
      lastFileAt: moment,
      isHeldBack: false,
      ungrouped: null,
      stuck: null,
    },
  };

  test('is given to one, refused to the next, and free again when it is given back', async () => {
    await service.claim(holder('one'), moment, 1000, () => false);
    await expect(
      service.claim(holder('two'), moment + 1, 1000, (recorded) => {
        expect(recorded).toEqual({ ...holder('one'), heartbeatMs: 1000, startedAt: moment, lastHeartbeat: moment });
        return true;
      }),
    ).rejects.toMatchObject({ code: 'SERVICE_RUNNING', message: expect.stringContaining('process 42 on h') });
    await service.release('two');
    await expect(service.claim(holder('two'), moment, 1000, () => true)).rejects.toMatchObject({
      code: 'SERVICE_RUNNING',
    });
    await service.release('one');
    await service.claim(holder('two'), moment, 1000, () => true);
  });

  test('is to be waited for where who has it comes to an end by itself', async () => {
    const claim = (mode: string) => service.claim({ ...holder(mode), mode }, moment, 1000, () => true);
    await claim('run --once');
    const refusal = { code: 'SERVICE_RUNNING', remedy: 'wait until it has ended, then run this again' };
    await expect(claim('run')).rejects.toMatchObject(refusal);
    await service.release('run --once');
    await claim('run');
    await expect(claim('run --once')).rejects.toMatchObject({
      remedy: expect.stringContaining('stop the other one first'),
    });
  });

  // Others hold nobody up.
  test.each([driver].filter((one) => one === 'sqlite'))('is made before anybody else writes on %s', async () => {
    await service.claim(holder('one'), moment, 1000, () => false);
    const Library = sqliteLibrary();
    const other = new Library(database.config.name);
    other.exec('pragma busy_timeout = 0');
    const refused: unknown[] = [];
    // What another process writes between the reading and the writing of a transaction would end it at once.
    const isAlive = () => {
      try {
        other.exec('update counters set value = value + 1');
      } catch (error) {
        refused.push(systemCode(error));
      }
      return false;
    };
    await service.claim(holder('two'), moment, 1000, isAlive);
    other.close();
    expect(refused).toEqual(['SQLITE_BUSY']);
  });

  test('is taken from a dead one, whose heartbeats then fail', async () => {
    await service.claim(holder('one'), moment, 1000, () => false);
    expect(await service.beat('one', { ...beat, watches })).toBe(true);
    await service.claim(holder('two'), moment + 10, 1000, () => false);
    expect(await service.beat('one', { ...beat, watches })).toBe(false);
    expect(await service.beat('two', { ...beat, watches })).toBe(true);
    expect(await service.beat('two', { ...beat, watches }), 'twice within a millisecond').toBe(true);
    const [row] = await orm.em.fork().find(ServiceState, {});
    expect(row).toMatchObject({
      instance: 'two',
      pid: 42,
      startedAt: new Date(moment + 10),
      lastHeartbeat: new Date(moment + 5),
      queueDepth: 7,
      workersActive: 2,
      watches,
    });
  });

  test('is given back as it was taken where only a part was looked at, but not where the one before was cut short', async () => {
    const part = { ...holder('part'), mode: 'reconcile PATHS' };
    const state = async () => (await orm.em.fork().find(ServiceState, {}))[0];
    expect(await service.claim({ ...holder('whole'), mode: 'run --once' }, moment, 1000, () => false)).toEqual({
      wasCutShort: false,
      left: null,
    });
    await service.beat('whole', { ...beat, watches });
    await service.release('whole');
    const { left } = await service.claim(part, moment + 99, 1000, () => false);
    expect(left).toEqual({ mode: 'run --once', startedAt: moment, lastHeartbeat: beat.at, watches });
    expect(await state()).toMatchObject({ mode: 'reconcile PATHS', lastHeartbeat: new Date(moment + 99) });
    await service.release('another', left);
    expect(await state()).toMatchObject({ instance: 'part', mode: 'reconcile PATHS' });
    await service.release('part', left);
    expect(await state()).toMatchObject({
      instance: null,
      mode: 'run --once',
      startedAt: new Date(moment),
      lastHeartbeat: new Date(beat.at),
    });
    await service.claim(part, moment, 1000, () => false);
    expect(await service.claim(part, moment, 1000, () => false)).toEqual({ wasCutShort: true, left: null });
  });

  test('lets others ask the holder to reconcile, and read the answer', async () => {
    const requests = new RequestStore(sqlOn(orm, driver));
    const options = { watches: ['größe'], paths: null, force: true };
    const first = await requests.add(options, moment);
    const second = await requests.add({ ...options, force: false }, moment + 1);
    expect(await requests.open()).toEqual([
      { id: first, options },
      { id: second, options: { ...options, force: false } },
    ]);
    expect(await requests.answerTo(first)).toBe('open');
    await requests.answer(first, { found: 7 }, moment + 2);
    expect(await requests.answerTo(first)).toEqual({ report: { found: 7 } });
    await requests.withdraw(first);
    expect(await requests.answerTo(first), 'what is answered stays').toEqual({ report: { found: 7 } });
    await requests.withdraw();
    expect(await requests.answerTo(second)).toBe('gone');
    const later = await requests.add(options, moment + 200_000_000);
    expect(await requests.answerTo(first), 'but not for ever').toBe('gone');
    expect(await requests.open()).toEqual([{ id: later, options }]);
  });

  test('is renewed, and requests are answered, whatever characters a reason of a plugin holds', async () => {
    const reason = 'nul \0, half \uD83D, backslash \\u0000, emoji 😀!';
    const kept = expect.stringMatching(/^nul .*, half .+, backslash \\u0000, emoji 😀!$/s);
    await service.claim(holder('one'), moment, 1000, () => false);
    const ungrouped = { files: 1, path: '/data/a', reason };
    const stuck = { groups: 1, groupKey: 'a', reason };
    expect(await service.beat('one', { ...beat, watches: { w: { ...watches['w "1"'], ungrouped, stuck } } })).toBe(
      true,
    );
    const [row] = await orm.em.fork().find(ServiceState, {});
    expect(row?.watches).toMatchObject({
      w: { ungrouped: { ...ungrouped, reason: kept }, stuck: { ...stuck, reason: kept } },
    });
    const requests = new RequestStore(sqlOn(orm, driver));
    const id = await requests.add({ paths: ['/data/\uD83D'] }, moment);
    await requests.answer(id, { problems: [reason] }, moment);
    expect(await requests.answerTo(id)).toEqual({ report: { problems: [kept] } });
  });

  test('is beside the marks of the watches’ roots', async () => {
    const store = new GroupStore(orm, driver, columns);
    const mark = { watchName: 'w "1"', path: '/data/größe', device: 2 ** 40 + 1, inode: 2 ** 53 - 1 };
    expect(await store.watchRoot(mark.watchName)).toBeNull();
    await store.recordWatchRoot(mark, moment);
    expect(await store.watchRoot(mark.watchName)).toEqual(mark);
    await store.recordWatchRoot({ ...mark, device: 3 }, moment);
    expect(await store.watchRoot(mark.watchName)).toEqual({ ...mark, device: 3 });
    expect(await store.watchRoot('W "1"')).toBeNull();
  });

  test('knows when each watch last had a file: by the last heartbeat, else by what is on record', async () => {
    const store = new GroupStore(orm, driver, columns);
    const group = (watchName: string, name: string, at: number, state = 'archived') =>
      groupRow(name, {
        watchName,
        state,
        createdAt: at,
        components: [
          componentRow(`/${watchName}/${name}.a`, { watchName, detectedAt: at }),
          componentRow(`/${watchName}/${name}.b`, { watchName, detectedAt: at + 10 }),
        ],
      });
    const orphan = componentRow('/archive/c', {
      watchName: 'adopted',
      detectedAt: moment + 900,
      archivePath: '/archive/c',
      inDelivery: false,
      inArchive: true,
      status: 'archived',
    });
    await store.commit([
      group('old', 'a', moment + 100),
      group('old', 'b', moment + 300, 'failed'),
      group('old', 'c', moment + 200, 'failed'),
      group('w "1"', 'd', moment + 500),
      groupRow('e', { watchName: 'adopted', state: 'archived', components: [orphan] }),
    ]);
    await service.claim(holder('one'), moment, 1000, () => false);
    await service.beat('one', { ...beat, watches: { ...watches, old: { ...watches['w "1"'], lastFileAt: null } } });
    const expected = [
      ['old', moment + 310],
      ['w "1"', moment],
    ] as const;
    expect(await service.lastFiles()).toEqual(new Map(expected));
  });

  test('is beside the directories that are being written into', async () => {
    const store = new GroupStore(orm, driver, columns);
    const open = async () => (await store.openDirectories()).toSorted();
    await store.recordDirectories({ opened: ['/archive/größe', '/archive/a'], closed: [], at: moment });
    await store.recordDirectories({
      opened: ['/archive/A', '/archive/a'],
      closed: ['/archive/größe', '/b'],
      at: moment,
    });
    expect(await open()).toEqual(['/archive/A', '/archive/a']);
    await store.recordDirectories({ opened: ['/archive/a'], closed: ['/archive/A', '/archive/a'], at: moment });
    expect(await open(), 'what is opened again is open').toEqual(['/archive/a']);
  });

  test('goes to exactly one of two that ask at the same time', async () => {
    const other = await openOrm(database.config, columns, { create: false });
    try {
      const outcomes = await Promise.allSettled([
        service.claim(holder('one'), moment, 1000, () => true),
        new ServiceStore(other, driver).claim(holder('two'), moment, 1000, () => true),
      ]);
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    } finally {
      await other.close(true);
    }
  });
});
