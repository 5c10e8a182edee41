import { describe, expect, test } from 'vitest';
import { initDatabase } from '../../src/api/database.ts';
import { stableKey } from '../../src/core/index.ts';
import { ArchiveStore, migrate, migrationList, openOrm, sqlOn } from '../../src/store/index.ts';
import { availableDrivers, makeDatabase } from '../support/databases.ts';
import { componentRow, groupRow } from '../support/rows.ts';
import { first, project, useStore } from '../support/store.ts';

describe.each(await availableDrivers())('archived files on %s', (driver) => {
  const bench = useStore(driver);
  const paths = ['/archive/a/x.txt', '/archive/ä/𝒳 y%_.txt', '/archive/a', '/archive/ab/z.txt'];

  async function archive(): Promise<ArchiveStore> {
    await bench.made(
      ...paths.map((archivePath, i) =>
        groupRow(`g${i}`, {
          components: [
            componentRow(`/in/${i}`, {
              archivePath,
              sha256: String(i).repeat(64),
              inArchive: true,
              archivedAt: 8_000,
              status: 'archived',
            }),
          ],
        }),
      ),
    );
    return new ArchiveStore(bench.store);
  }

  test('are found by where they are, exactly and by directory', async () => {
    const store = await archive();
    const found = await store.filesAt(paths.map((path) => stableKey(path)));
    expect(
      [...found.values()]
        .flat()
        .map(({ archivePath }) => archivePath)
        .toSorted(),
    ).toEqual(paths.toSorted());
    const below = async (path: string) => (await store.filesBelow(path, 0, 10)).map(({ archivePath }) => archivePath);
    expect(await below('/archive/a')).toEqual(['/archive/a/x.txt', '/archive/a']);
    expect(await below('/archive/ä')).toEqual(['/archive/ä/𝒳 y%_.txt']);
    expect(await store.countBelow('/archive')).toBe(4);
    expect(await store.archivedOutside(['/archive'])).toBeNull();
    expect(await store.archivedOutside([])).toMatchObject({ count: 4 });
    expect(await store.archivedOutside(['/archive/a', '/archive/ä'])).toEqual({ count: 1, first: '/archive/ab/z.txt' });
    expect([...(await store.ownersOf(['1'.repeat(64)])).values()]).toEqual(['/in/1']);
  });

  test('keep the copies of earlier revisions and lose the rows that have left their groups', async () => {
    const store = await archive();
    const [group] = await bench.made(groupRow('h'));
    if (group === undefined) throw new Error('no group');
    const copy = {
      archivePath: '/archive/a/old.txt',
      sha256: 'f'.repeat(64),
      sizeBytes: 3,
      archivedAt: group.createdAt,
    };
    await bench.store.commit([
      { ...group, formerCopies: [copy], removedComponents: [stableKey('/in/0')], components: [] },
    ]);
    expect([...(await store.formerAt([stableKey(copy.archivePath), 'x']))]).toEqual([stableKey(copy.archivePath)]);
    expect([await store.countFormerBelow('/archive/a'), await store.countFormerBelow('/archive/ab')]).toEqual([1, 0]);
    expect(await store.formerBelow('/archive/a', 0, 10)).toMatchObject([
      { archivePath: copy.archivePath, sizeBytes: 3 },
    ]);
    expect((await store.filesBelow('/archive', 0, 10)).map(({ sourcePath }) => sourcePath)).not.toContain('/in/0');
  });

  test('stay those of their groups, as former ones, when others take the files over; unless they are found there again', async () => {
    const store = await archive();
    const [path = ''] = paths;
    const taken = componentRow('/in/0');
    const [group] = await bench.made(groupRow('h', { components: [taken], modifiedAt: 9_000 }));
    if (group === undefined) throw new Error('no group');
    expect(await store.filesAt([stableKey(path)])).toEqual(new Map());
    expect(await store.formerBelow(path, 0, 10)).toMatchObject([
      { archivePath: path, sha256: '0'.repeat(64), sizeBytes: 7 },
    ]);
    const [former] = await bench.store.sql.all(
      'select files.group_key, f.archived_at, f.replaced_at from former_copies f join files on files.id = f.group_id',
    );
    const { readTime } = bench.store.sql.dialect;
    expect(former?.['group_key']).toBe('g0');
    expect([readTime(former?.['archived_at']), readTime(former?.['replaced_at'])]).toEqual([8_000, 9_000]);

    const again = { ...taken, archivePath: path, sha256: 'f'.repeat(64), inArchive: true, status: 'archived' } as const;
    await bench.store.commit([{ ...group, components: [again] }]);
    expect(await store.formerBelow(path, 0, 10)).toEqual([]);
    expect([...(await store.formerAt([stableKey(path)]))]).toEqual([stableKey(path)]);
  });

  test('of former versions get their keys by the migration', async () => {
    const database = await makeDatabase(driver);
    try {
      const before = migrationList([], driver).slice(0, 2);
      const orm = await openOrm(database.config, {}, { create: true, migrations: before });
      const sql = sqlOn(orm, driver);
      await migrate(orm);
      for (const [i, path] of paths.entries()) {
        await sql.run(
          'insert into file_components (group_id, watch_name, filename, source_path, path_hash, archive_path, status, detected_at) values (1, ?, ?, ?, ?, ?, ?, ?)',
          ['w', 'f', `/in/${i}`, stableKey(`/in/${i}`), path, 'archived', sql.dialect.time(0)],
        );
      }
      await orm.close(true);
      await initDatabase(project(database.config, [first]));
      const after = await openOrm(database.config, {}, { create: false });
      const rows = await sqlOn(after, driver).all('select archive_path, archive_hash from file_components');
      await after.close(true);
      expect(rows.map((row) => row['archive_hash'])).toEqual(rows.map((row) => stableKey(String(row['archive_path']))));
      expect(rows).toHaveLength(paths.length);
    } finally {
      await database.drop();
    }
  });
});
