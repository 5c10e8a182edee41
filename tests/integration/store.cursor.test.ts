import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeEach, describe, expect, test } from 'vitest';

import { initDatabase } from '../../src/api/database.ts';
import { queryColumns } from '../../src/api/query.ts';
import { decodeCursor, encodeCursor, readNewFiles, type CursorPosition } from '../../src/store/read/cursor.ts';
import { GroupStore, openOrm, type GroupWrite } from '../../src/store/index.ts';
import { wrongTotals } from '../../src/store/commit/totals.ts';
import { availableDrivers, makeDatabase } from '../support/databases.ts';
import { groupRow, moment } from '../support/rows.ts';
import { columns, project, useStore } from '../support/store.ts';

const drivers = await availableDrivers();
const wanted = queryColumns(columns).filter(({ name }) => name === 'group_key' || name === 'revision');
const completed = { state: 'archived', complete: true, completes: true, completedAt: moment } as const;
const undone = { state: 'cleared', revision: 2, complete: false, completes: false, completedAt: null } as const;

describe.each(drivers)('new files on %s', (driver) => {
  const bench = useStore(driver);
  const read = (cursor: string | null, options: { watchName?: string; limit?: number } = {}) =>
    readNewFiles(bench.store.sql, { cursor, watchName: null, limit: 1000, columns: wanted, ...options });
  const keys = (rows: readonly Readonly<Record<string, unknown>>[]) => rows.map((row) => row['group_key']);
  const remake = (group: GroupWrite | undefined, changes: Partial<GroupWrite>) => {
    if (group === undefined) throw new Error('no group');
    return bench.store.commit([{ ...group, components: [], ...changes }]);
  };
  const altered = (cursor: string, changes: Partial<CursorPosition>) =>
    encodeCursor({ ...decodeCursor(cursor), ...changes });

  test('come in the order of completion, in pages, each once', async () => {
    await bench.made(groupRow('open'), groupRow('a', completed), groupRow('b', completed), groupRow('c', completed));
    const first = await read(null, { limit: 2 });
    expect(keys(first.rows)).toEqual(['a', 'b']);
    const second = await read(first.cursor);
    expect(keys(second.rows)).toEqual(['c']);
    const third = await read(second.cursor);
    expect(third).toEqual({ rows: [], cursor: second.cursor });
    await bench.made(groupRow('d', completed));
    expect(keys((await read(third.cursor)).rows)).toEqual(['d']);
  });

  test('can be those of one watch', async () => {
    await bench.made(groupRow('a', completed), groupRow('b', { ...completed, watchName: 'other' }));
    const page = await read(null, { watchName: 'other' });
    expect(keys(page.rows)).toEqual(['b']);
    expect((await read(page.cursor, { watchName: 'other' })).rows).toEqual([]);
  });

  test('a group that is delivered again comes again, and its old place is still known', async () => {
    const [a] = await bench.made(groupRow('a', completed));
    const first = await read(null);
    await remake(a, { ...completed, revision: 2, completedAt: moment + 1 });
    expect((await read(first.cursor)).rows).toEqual([{ group_key: 'a', revision: 2 }]);
  });

  test('a group that is read while it is archived again comes again once it is', async () => {
    const [a] = await bench.made(groupRow('a', completed));
    await remake(a, { ...completed, state: 'transferring', completes: false, revision: 2 });
    const first = await read(null);
    expect(keys(first.rows)).toEqual(['a']);
    expect((await read(first.cursor)).rows).toEqual([]);
    await remake(a, { ...completed, lockVersion: 2, revision: 2, completedAt: moment + 1 });
    expect((await read(first.cursor)).rows).toEqual([{ group_key: 'a', revision: 2 }]);
  });

  test('a group that was none of its own comes no more, its old place is still known, and so is the new one that it gets', async () => {
    const [a, b] = await bench.made(groupRow('a', completed), groupRow('b', completed));
    const first = await read(null, { limit: 1 });
    await remake(a, undone);
    expect(keys((await read(null)).rows)).toEqual(['b']);
    const second = await read(first.cursor);
    expect(keys(second.rows)).toEqual(['b']);
    await remake(a, { ...completed, lockVersion: 2, revision: 2, completedAt: moment + 1 });
    await remake(b, undone);
    expect((await read(first.cursor)).rows).toEqual([{ group_key: 'a', revision: 2 }]);
    expect((await read(second.cursor)).rows).toEqual([{ group_key: 'a', revision: 2 }]);
  });

  test('a cursor of another database, ahead of this one, of an undone past or made up is refused', async () => {
    await bench.made(groupRow('a', completed), groupRow('b', completed));
    const { cursor } = await read(null, { limit: 1 });
    const refused = (text: string, message: RegExp) =>
      expect(read(text)).rejects.toMatchObject({ code: 'CURSOR_INVALID', message: expect.stringMatching(message) });
    await refused(altered(cursor, { database: 1 }), /not of this database$/);
    await refused(altered(cursor, { seq: 3 }), /ahead of this database \(3 completions against 2\)/);
    // After the restore other groups have come as far as the cursor was.
    await refused(altered(cursor, { groupId: decodeCursor(cursor).groupId + 99 }), /restored from a backup/);
    await refused(altered(cursor, { completedAt: moment + 5 }), /restored from a backup/);
    await refused(altered(cursor, { groupId: 2 ** 40 }), /not a cursor/);
    await refused('made up', /not a cursor/);
    await refused(Buffer.from('[1,2]').toString('base64url'), /not a cursor/);
    expect(keys((await read(cursor)).rows)).toEqual(['b']);
  });
});

describe.each(drivers)('while several processes complete groups on %s', (driver) => {
  const writers = ['w', 'ww', 'www'];
  const each = 40;
  let made: Awaited<ReturnType<typeof makeDatabase>>;
  beforeEach(async () => {
    made = await makeDatabase(driver);
    return () => made.drop();
  });

  test('a reader that polls misses none and reads none twice', async () => {
    await initDatabase(project(made.config));
    const orm = await openOrm(made.config, columns, { create: false });
    try {
      const { sql } = new GroupStore(orm, driver, columns);
      const program = join(import.meta.dirname, '../support/completing-writer.ts');
      let running = writers.length;
      const ended = Promise.all(
        writers.map(async (name) => {
          try {
            await promisify(execFile)(process.execPath, [program, JSON.stringify(made.config), name, String(each)]);
          } finally {
            running -= 1;
          }
        }),
      );
      const seen: unknown[] = [];
      let polls = 0;
      let cursor: string | null = null;
      for (let isLast = false; !isLast;) {
        // Asked before the read: what was committed by then is in it.
        isLast = running === 0;
        const page: Awaited<ReturnType<typeof readNewFiles>> = await readNewFiles(sql, {
          cursor,
          watchName: null,
          limit: 1000,
          columns: wanted,
        });
        if (page.rows.length > 0) polls += 1;
        cursor = page.cursor;
        seen.push(...page.rows.map((row) => row['group_key']));
        // The writers, which take much longer to begin than to write, have the cores meanwhile.
        await new Promise((resolve) => setTimeout(resolve, page.rows.length > 0 ? 0 : 4));
      }
      await ended;
      const all = writers.flatMap((name) => Array.from({ length: each }, (_, i) => `${name}-${i}`));
      expect(seen).toHaveLength(all.length);
      expect(new Set(seen)).toEqual(new Set(all));
      // It read in between, not only at the end.
      expect(polls).toBeGreaterThan(5);
      expect(await wrongTotals(sql)).toBe(0);
    } finally {
      await orm.close(true);
    }
  });
});
