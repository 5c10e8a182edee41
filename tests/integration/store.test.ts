import { describe, expect, test } from 'vitest';

import {
  ActorSnapshot,
  Counter,
  FileComponent,
  GroupTransition,
  ServiceState,
  type FileBase,
} from '../../entities/index.ts';
import { stableKey } from '../../src/core/index.ts';
import { availableDrivers } from '../support/databases.ts';
import { componentRow, groupRow, moment } from '../support/rows.ts';
import { useStore } from '../support/store.ts';

/** The entity of the table, as the ORM knows it by its name. */
const files = 'File' as unknown as typeof FileBase;

const drivers = await availableDrivers();

describe.each(drivers)('groups on %s', (driver) => {
  const bench = useStore(driver);

  test('are inserted, updated and read back as they were written', async () => {
    const transition = {
      at: moment + 1,
      fromState: null,
      toState: 'assessing',
      event: 'files.settled',
      reason: 'a reason',
      revision: 1,
      attempt: 0,
      rulesVersion: null,
      node: 'host',
      facts: null,
    };
    const [one, two] = await bench.made(
      groupRow('one', { transitions: [transition] }),
      groupRow('two', { dueAt: moment + 5 }),
    );
    expect([one?.lockVersion, two?.lockVersion]).toEqual([1, 1]);
    expect(one?.id).not.toBe(two?.id);
    if (one === undefined || two === undefined) throw new Error('nothing written');
    const snapshot = { value: 'x', context: { 'quote"': ["'", '\\', '\n', '😀', null, 1.5, true] } };
    const changed = { ...one, state: 'waiting', stateSince: moment + 7, reason: 'why', dueAt: null };
    const [written] = await bench.store.commit([
      { ...changed, transitions: [], envelope: { ...one.envelope, snapshot, savedAt: moment + 9 } },
    ]);
    expect(written).toEqual({ id: one.id, lockVersion: 2 });
    const found = await bench.store.groupsByKey([one.keyHash, two.keyHash, stableKey('w', 'unknown')]);
    expect([...found.keys()].toSorted()).toEqual([one.keyHash, two.keyHash].toSorted());
    expect(found.get(one.keyHash)).toEqual({
      id: one.id,
      watchName: 'w',
      groupKey: 'one',
      keyHash: one.keyHash,
      state: 'waiting',
      lockVersion: 2,
      stateSince: moment + 7,
      dueAt: null,
      envelope: { machine: 'file-group', version: 1, snapshot, savedAt: moment + 9 },
    });
    expect(await bench.store.groupsById([two.id ?? 0])).toMatchObject([
      { groupKey: 'two', state: 'assessing', lockVersion: 1 },
    ]);
    expect(await bench.orm.em.fork().find(GroupTransition, {})).toMatchObject([
      {
        groupId: one.id,
        at: new Date(moment + 1),
        fromState: null,
        toState: 'assessing',
        reason: 'a reason',
        machineVersion: 1,
      },
    ]);
  });

  test('have a place for every kind of metadata', async () => {
    const stored = {
      a_text: 'a "b" \'c\' \\ \n ? 漢 😀',
      a_word: 'twenty characters 漢漢',
      an_integer: -2_147_483_648,
      a_bigint: '9223372036854775807',
      a_float: 0.1 + 0.2,
      a_decimal: '12345678901234.12345',
      a_boolean: true,
      a_datetime: '2026-02-03T04:05:06.789Z',
      a_json: { deep: ['text', 1, null, { 'k"': '\\' }] },
    };
    const others = {
      ...Object.fromEntries(Object.keys(stored).map((name) => [name, null])),
      a_boolean: false,
      a_bigint: '-9223372036854775807',
      a_decimal: '-0.5',
      a_json: 'only a text',
    };
    const [one, two] = await bench.made(groupRow('one', { metadata: stored }), groupRow('two', { metadata: others }));
    // A later write without metadata leaves it there.
    await bench.store.commit([{ ...(one ?? groupRow('one')), metadata: null, state: 'waiting' }]);
    const rows = await bench.orm.em.fork().find(files, {}, { orderBy: { id: 1 } });
    expect(rows).toMatchObject([
      {
        id: one?.id,
        state: 'waiting',
        ...stored,
        a_bigint: 9_223_372_036_854_775_807n,
        a_datetime: new Date(stored.a_datetime),
        metadata: stored,
      },
      { id: two?.id, ...others, a_bigint: -9_223_372_036_854_775_807n, metadata: others },
    ]);
  });

  test('hold the largest numbers to the last digit', async () => {
    const extremes = [
      { a_bigint: '9223372036854775807', an_integer: 2_147_483_647, a_float: 1.797_693_134_862_315_7e308 },
      { a_bigint: '-9223372036854775808', an_integer: -2_147_483_648, a_float: -5e-324 },
    ];
    await bench.made(...extremes.map((metadata, i) => groupRow(`${i}`, { metadata })));
    const text = driver === 'mariadb' ? 'char' : 'text';
    const rows = await bench.store.sql.all(
      `select cast(a_bigint as ${text}) as big, an_integer, a_float from files order by id`,
    );
    expect(rows.map(({ big, an_integer, a_float }) => ({ a_bigint: big, an_integer, a_float }))).toEqual(extremes);
  });

  test('have room for a long text', async () => {
    const text = `${'漢'.repeat(100_000)}!`;
    const [group] = await bench.made(groupRow('one', { metadata: { a_text: text } }));
    expect(await bench.orm.em.fork().find(files, { id: group?.id ?? 0 })).toMatchObject([
      { a_text: text, metadata: { a_text: text } },
    ]);
  });

  test('have components that are read back exactly, or the next start would take them for others', async () => {
    const exact = {
      mtimeMs: 1_700_000_000_123 + 0.4567,
      ctimeMs: 1_700_000_000_000 - 0.0002,
      inode: 9_007_199_254_740_991,
    };
    const paths = [
      `/d/${`${'é'.repeat(120)}/`.repeat(16)}${'x'.repeat(140)}`,
      `/d/${`${'é'.repeat(120)}/`.repeat(16)}${'x'.repeat(139)}y`,
      '/d/😀.txt',
      `/d/it's "quoted".txt`,
      '/d/back\\slash\\n',
      '/d/new\nline\r\ttab',
      '/d/A',
      '/d/a',
      '/d/a ',
      '/d/é',
      '/d/e\u0301',
      '/d/?$1:name%_',
    ];
    expect(Math.max(...paths.map((path) => Buffer.byteLength(path)))).toBe(3 + 16 * 241 + 140);
    const components = paths.map((path) => componentRow(path, { ...exact, filename: 'f', sizeBytes: 2 ** 45 }));
    const [group] = await bench.made(groupRow('all', { components }));
    const known = await bench.store.knownFiles([...paths.map((path) => stableKey(path)), stableKey('/unknown')]);
    expect(known.size).toBe(paths.length);
    for (const path of paths) {
      expect(known.get(stableKey(path))).toEqual({
        id: expect.any(Number),
        hasReason: false,
        pathHash: stableKey(path),
        sourcePath: path,
        groupKey: 'all',
        watchName: 'w',
        detectedAt: moment,
        status: 'detected',
        inDelivery: true,
        sizeBytes: 2 ** 45,
        ...exact,
      });
    }
    const changes = {
      status: 'archived',
      archivePath: '/archive/\\😀',
      sha256: 'f'.repeat(64),
      inDelivery: false,
      inArchive: true,
      errorMessage: "it's",
      retryCount: 32_767,
      lastRetryAt: moment + 1,
      archivedAt: moment + 2,
      clearedAt: moment + 3,
      detectedAt: moment + 99,
    } as const;
    await bench.store.commit([{ ...(group ?? groupRow('all')), components: [componentRow('/d/😀.txt', changes)] }]);
    expect((await bench.store.knownFiles([stableKey('/d/😀.txt')])).values().next().value).toMatchObject({
      status: 'archived',
      inDelivery: false,
      detectedAt: moment,
    });
    const [found] = await bench.orm.em.fork().find(FileComponent, { pathHash: stableKey('/d/😀.txt') });
    expect(found).toMatchObject({
      ...changes,
      groupId: group?.id,
      sizeBytes: 7,
      lastRetryAt: new Date(moment + 1),
      archivedAt: new Date(moment + 2),
      clearedAt: new Date(moment + 3),
      detectedAt: new Date(moment),
    });
    expect(await bench.orm.em.fork().count(FileComponent)).toBe(paths.length);
  });

  test('can be written whatever a message holds', async () => {
    const reason = 'nul \0, half \uD83D, backslash \\u0000, emoji 😀';
    const snapshot = { context: { reason } };
    const envelope = { machine: 'file-group', version: 1, snapshot, savedAt: moment } as const;
    const [group] = await bench.made(
      groupRow('one', { reason, envelope, components: [componentRow('/d/a', { errorMessage: reason })] }),
    );
    await bench.store.commit([{ ...(group ?? groupRow('one')), reason: `${reason}!` }]);
    const kept = /^nul .*, half .+, backslash \\u0000, emoji 😀!$/s;
    expect(await bench.orm.em.fork().find(files, {})).toMatchObject([{ reason: expect.stringMatching(kept) }]);
    const [found] = await bench.store.groupsById([group?.id ?? 0]);
    expect(found?.envelope.snapshot).toMatchObject({ context: { reason: expect.stringContaining('emoji 😀') } });
  });

  test('can have paths and keys as long as Linux takes them', async () => {
    const path = `/${'漢/'.repeat(1023)}é`;
    expect(Buffer.byteLength(path)).toBe(4095);
    const watchName = '漢'.repeat(255);
    const component = componentRow(path, { watchName, filename: '😀'.repeat(255), archivePath: path });
    const copy = { archivePath: path, sha256: 'f'.repeat(64), sizeBytes: 7, archivedAt: moment };
    const [group] = await bench.made(
      groupRow(path, {
        watchName,
        fileType: '😀'.repeat(255),
        archivePath: path,
        components: [component],
        formerCopies: [copy],
      }),
    );
    expect(await bench.store.groupsById([group?.id ?? 0])).toMatchObject([{ groupKey: path }]);
    const [found] = (await bench.store.knownFiles([component.pathHash])).values();
    expect(found).toMatchObject({ sourcePath: path, groupKey: path, watchName });
    expect(await bench.store.sql.all('select archive_path from former_copies')).toEqual([{ archive_path: path }]);
  });

  test('can be found through every entity', async () => {
    const [group] = await bench.made(groupRow('one', { dueAt: moment }));
    const em = bench.orm.em.fork();
    expect(await em.find(files, { watchName: 'w' })).toMatchObject([
      { id: group?.id, groupKey: 'one', dueAt: new Date(moment), createdAt: new Date(moment), complete: false },
    ]);
    expect(await em.find(FileComponent, { status: 'detected' })).toMatchObject([{ mtimeMs: moment, inDelivery: true }]);
    expect(await em.find(ActorSnapshot, { groupId: group?.id ?? 0 })).toMatchObject([
      { snapshot: { value: 'assessing' }, savedAt: new Date(moment) },
    ]);
    expect(await em.find(GroupTransition, {})).toEqual([]);
    expect(await em.find(ServiceState, {})).toMatchObject([{ id: 1 }]);
    expect(await em.find(Counter, {}, { orderBy: { name: 'asc' } })).toMatchObject([
      { name: 'completion', value: 0 },
      { name: 'database', value: expect.any(Number) },
    ]);
  });
});
