import { chmod, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { stableKey } from '../../src/core/index.ts';
import { systemCode } from '../../src/errors/index.ts';

import { CommitThread, fileMark, type GroupWrite } from '../../src/store/index.ts';
import { sqliteLibrary } from '../../src/store/database/sqlite-library.ts';
import { until } from '../support/project.ts';
import { componentRow, groupRow } from '../support/rows.ts';
import { columns, useStore } from '../support/store.ts';
import { useOwnCommitters } from '../support/thread-pool.ts';

useOwnCommitters();

describe('the committing thread', () => {
  const bench = useStore('sqlite');
  let thread: CommitThread;
  const marks = async () => new Map([[bench.config.name, await fileMark(bench.config.name)]]);
  beforeEach(async () => {
    thread = new CommitThread({ path: bench.config.name, marks: await marks(), columns });
  });
  afterEach(() => thread.close());

  test('writes what the store writes', async () => {
    const metadata = { a_text: 'x', a_datetime: '2026-01-01T00:00:00.000Z', a_boolean: true, a_json: { deep: [1] } };
    const write = (key: string) => groupRow(key, { metadata, components: [componentRow(`/d/${key}`)] });
    const [here] = await bench.store.commit([write('here')]);
    const [there] = await thread.commit([write('there')]);
    expect(there).toEqual({ id: Number(here?.id) + 1, lockVersion: here?.lockVersion });
    const [first, second] = await bench.store.groupsById([Number(here?.id), Number(there?.id)]);
    expect(second?.envelope).toEqual(first?.envelope);
    const rows = await bench.store.sql.all('select * from files order by id');
    const common = rows.map(({ id: _id, group_key: _key, key_hash: _hash, ...rest }) => rest);
    expect(common[1]).toEqual(common[0]);
    const files = await bench.store.knownFiles([componentRow('/d/there').pathHash]);
    expect([...files.values()]).toMatchObject([{ sourcePath: '/d/there', groupKey: 'there' }]);
  });

  test('finds the files that the store finds, each with all that is known of it', async () => {
    const row = {
      ...componentRow('/d/é "quoted"\n'),
      errorMessage: 'why',
      status: 'waiting',
      inDelivery: false,
    } as const;
    await thread.commit([
      groupRow('a', { components: [componentRow('/d/plain')] }),
      groupRow('b', { components: [row] }),
    ]);
    const hashes = [stableKey('/d/plain'), row.pathHash, stableKey('/d/unknown')];
    const found = await thread.knownFiles(hashes);
    expect(found.size).toBe(2);
    expect(found.get(row.pathHash)).toMatchObject({
      status: 'waiting',
      hasReason: true,
      inDelivery: false,
      groupKey: 'b',
    });
    expect(found).toEqual(await bench.store.knownFiles(hashes));
    expect((await thread.knownFiles([])).size).toBe(0);
  });

  test('gives back what the log beside the database has grown to, as the store does', async () => {
    const { sql } = bench.store;
    onTestFinished(() => sql.run('drop table large').then(() => undefined));
    await sql.run('create table large (content blob)');
    const log = async () => (await stat(`${bench.config.name}-wal`)).size;
    for (const write of [() => thread.commit([groupRow('a', {})]), () => bench.store.commit([groupRow('b', {})])]) {
      await sql.run('insert into large values (zeroblob(80000000))');
      expect(await log()).toBeGreaterThan(80_000_000);
      await write();
      expect(await log()).toBeLessThanOrEqual(64 * 1024 * 1024);
    }
  });

  test('records which directories are being written into', async () => {
    await thread.recordDirectories({ opened: ['/archive/a', '/archive/b'], closed: [], at: 0 });
    await thread.recordDirectories({ opened: [], closed: ['/archive/a'], at: 0 });
    expect(await bench.store.openDirectories()).toEqual(['/archive/b']);
  });

  test('says whose row another writer has changed, and writes nothing of that batch', async () => {
    const [stored] = await bench.store.commit([groupRow('changed', {})]);
    await bench.store.sql.run('update files set lock_version = lock_version + 1');
    const late = { ...groupRow('changed', {}), id: Number(stored?.id), lockVersion: Number(stored?.lockVersion) };
    const failing = thread.commit([groupRow('new', {}), late]);
    await expect(failing).rejects.toMatchObject({ code: 'STORE_CONFLICT', details: [String(stored?.id)] });
    expect(await bench.store.sql.all('select group_key from files')).toEqual([{ group_key: 'changed' }]);
  });

  test('says what SQLite says, with its code, and commits when it can again', async () => {
    const Library = sqliteLibrary();
    const other = new Library(bench.config.name);
    other.exec('begin immediate');
    try {
      await expect(thread.commit([groupRow('one', {})])).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
    } finally {
      other.close();
    }
    expect(await thread.commit([groupRow('one', {})])).toHaveLength(1);
  });

  test('is asked again, however often it ends before it has begun or cannot be started', async () => {
    const end = (worker: Worker): void => void worker.terminate();
    process.on('worker', end);
    const batch = [groupRow('one', {})];
    const hashes = [stableKey('/d/one')];
    const codes = new Set<unknown>();
    for (let i = 0; i < 6; i += 1) {
      const asked = [
        thread.knownFiles(hashes),
        thread.commit(batch),
        thread.recordDirectories({ opened: ['/a'], closed: [], at: 0 }),
      ];
      if (i === 0) await new Promise((resolve) => setImmediate(resolve));
      const [, ...written] = await Promise.allSettled(asked);
      for (const one of written) codes.add(one.status === 'rejected' ? systemCode(one.reason) : one.status);
    }
    expect([...codes]).toEqual(['THREAD_ENDED']);
    // But not for ever.
    for (let i = 0; i < 14; i += 1) await expect(thread.commit(batch)).rejects.toMatchObject({ code: 'THREAD_ENDED' });
    await expect(thread.commit(batch)).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    process.off('worker', end);
    expect(await thread.commit(batch)).toHaveLength(1);
  });

  test('is not asked again for what cannot be sent to it', async () => {
    // What no plugin can bring about by its types.
    const batch = [groupRow('one', { metadata: { a_json: (() => undefined) as unknown as null } })];
    await expect(thread.commit(batch)).rejects.toMatchObject({ name: 'DataCloneError' });
    expect(await thread.commit([groupRow('two', {})])).toHaveLength(1);
  });

  test('is asked again for a batch over which it ends, until that counts as what the batch does to it', async () => {
    const begun = new Int32Array(new SharedArrayBuffer(4));
    const path = bench.config.name;
    const ending = new CommitThread({ path, marks: await marks(), columns }, begun);
    onTestFinished(() => ending.close());
    const workers: Worker[] = [];
    const note = (worker: Worker): void => void workers.push(worker);
    process.on('worker', note);
    onTestFinished(() => void process.off('worker', note));
    const Library = sqliteLibrary();
    const other = new Library(path);
    onTestFinished(() => other.close());
    other.exec('begin immediate');

    const endOver = async (batch: readonly GroupWrite[]): Promise<unknown> => {
      const before = Atomics.load(begun, 0);
      const failed = ending.commit(batch).catch(systemCode);
      await until('it waits for the lock', () => Atomics.load(begun, 0) > before);
      await workers.at(-1)?.terminate();
      return failed;
    };
    const batch = [groupRow('one', {})];
    const codes: unknown[] = [];
    for (let i = 0; i < 4; i += 1) codes.push(await endOver(batch));
    expect(codes).toEqual(['THREAD_ENDED', 'THREAD_ENDED', 'THREAD_ENDED', 'WORKER_CRASHED']);
    expect(await endOver([groupRow('two', {})]), 'another batch has its own count').toBe('THREAD_ENDED');
    other.exec('rollback');
    expect(await ending.commit(batch)).toHaveLength(1);
  });

  test('writes into no other file that has been put in the place of its own', async () => {
    const path = bench.config.name;
    const other = new CommitThread({ path, marks: new Map([[path, 'another file']]), columns });
    onTestFinished(() => other.close());
    await expect(other.commit([groupRow('one', {})])).rejects.toMatchObject({ code: 'SQLITE_CANTOPEN' });
    expect(await bench.store.sql.all('select group_key from files')).toEqual([]);
  });

  test('writes again when its file may be written again, which it may not when it is opened', async () => {
    const path = bench.config.name;
    await bench.store.commit([groupRow('one', {})]);
    await chmod(dirname(path), 0o755);
    await chmod(path, 0o444);
    // Root may do everything.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      await expect(thread.commit([groupRow('two', {})])).rejects.toMatchObject({ code: 'SQLITE_READONLY' });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    await chmod(path, 0o644);
    expect(await thread.commit([groupRow('two', {})])).toHaveLength(1);
  });

  test('is not begun any more once it has been closed', async () => {
    await thread.close();
    const started = vi.fn<() => void>();
    process.on('worker', started);
    thread.warmUp();
    await expect(thread.commit([])).rejects.toMatchObject({ code: 'THREAD_ENDED' });
    process.off('worker', started);
    expect(started).not.toHaveBeenCalled();
  });

  test('begins before anything is to be committed, and once', async () => {
    const threads: unknown[] = [];
    const count = (worker: unknown) => threads.push(worker);
    process.on('worker', count);
    thread.warmUp();
    expect(thread.warmUp()).toBeNull();
    expect(await thread.commit([groupRow('one', {})])).toHaveLength(1);
    process.off('worker', count);
    expect(threads).toHaveLength(1);
  });
});
