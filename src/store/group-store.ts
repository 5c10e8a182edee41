import type { ColumnSpecs } from '../core/index.ts';
import { fileGroupVersion, type SnapshotEnvelope } from '../../machines/file-group/snapshot.ts';
import { readArchiveDevice, someArchived, writeArchiveDevice } from './archive-roots.ts';
import { below, belowParams } from './database/below.ts';
import { jsonOf } from './database/cells.ts';
import { commitGroups, withConflict } from './commit/commit.ts';
import { byPathHash, fileColumns, fileOf, readKnownFiles } from './commit/known-files.ts';
import { readOpenDirectories, writeOpenDirectories, type DirectoryChange } from './commit/open-directories.ts';
import { noWhole, wholeOf } from './database/damaged-cells.ts';
import { lockOrder } from './commit/order.ts';
import { nativeSqlite, sqlOn, type Orm } from './database/orm.ts';
import { PreparedRows } from './database/prepared.ts';
import { markDue, type Condition } from './read/query.ts';
import { marks, type Row, type Sql } from './database/sql.ts';
import { inTransaction } from './database/transaction.ts';
import type { DriverName } from '../config/types.ts';
import type { GroupVersion, GroupWrite, GroupWritten, KnownFile, StoredGroup } from './types.ts';
import { readWatchRoot, writeWatchRoot, type WatchRootMark } from './watch-roots.ts';

/** With those whose snapshot is lost: taken for unknown, they would be begun anew, which their keys forbid. */
const groupColumns = `select files.id, files.watch_name, files.group_key, files.key_hash, files.state, files.lock_version, files.state_since, files.due_at,
  actor_snapshots.machine, actor_snapshots.version, actor_snapshots.snapshot, actor_snapshots.saved_at
  from files left join actor_snapshots on actor_snapshots.group_id = files.id`;

const delivered = 'c.watch_name = ? and c.in_delivery';

/** Reads and writes groups, many at a time. */
export class GroupStore {
  readonly #orm: Orm;
  readonly #driver: DriverName;
  readonly #columns: ColumnSpecs;
  #prepared: PreparedRows | null = null;
  readonly sql: Sql;

  constructor(orm: Orm, driver: DriverName, columns: ColumnSpecs) {
    this.#orm = orm;
    this.#driver = driver;
    this.#columns = columns;
    this.sql = sqlOn(orm, driver);
  }

  /**
   * Writes a batch in one transaction: all of it or nothing.
   *
   * @throws CarbonationError STORE_CONFLICT with the ids of the groups that another writer has changed, as details
   */
  async commit(writes: readonly GroupWrite[]): Promise<readonly GroupWritten[]> {
    const writing = this.#write((sql) => commitGroups(sql, writes, this.#columns));
    return withConflict(this.sql, writes, writing);
  }

  /** Makes groups due at `nowMs`, as {@link markDue} does. */
  markDue(conditions: readonly Condition[], nowMs: number): Promise<number> {
    return this.inTurn((sql) => markDue(sql, conditions, nowMs));
  }

  /**
   * Changes rows that commits change, too, in one transaction. Like whoever writes groups it takes its turn first: each would wait for
   * rows that the other has changed.
   */
  inTurn<Answer>(change: (sql: Sql) => Promise<Answer>): Promise<Answer> {
    return this.#write(async (sql) => {
      await lockOrder(sql);
      return change(sql);
    });
  }

  async #write<Answer>(run: (sql: Sql) => Promise<Answer>): Promise<Answer> {
    if (this.#driver === 'sqlite') this.#prepared ??= new PreparedRows(await nativeSqlite(this.#orm));
    return inTransaction(this.#orm, this.#driver, run, this.#prepared);
  }

  /** The groups with these keys, by key. */
  async groupsByKey(keyHashes: readonly string[]): Promise<ReadonlyMap<string, StoredGroup>> {
    const rows = await this.sql.whereIn(groupColumns, 'files.key_hash', keyHashes, 'text');
    return new Map(rows.map((row) => this.#group(row)).map((group) => [group.keyHash, group]));
  }

  /** The groups with these ids. */
  async groupsById(ids: readonly number[]): Promise<readonly StoredGroup[]> {
    return (await this.sql.whereIn(groupColumns, 'files.id', ids, 'integer')).map((row) => this.#group(row));
  }

  /** Up to `limit` groups of these watches whose deadline is over at `now`, the longest overdue first; without their snapshots. */
  async dueGroups(watchNames: readonly string[], now: number, limit: number): Promise<readonly GroupVersion[]> {
    return this.#versions('<=', watchNames, now, limit);
  }

  /** Up to `limit` groups of these watches whose deadline is behind this moment, the earliest first; without their snapshots. */
  async groupsDueBehind(watchNames: readonly string[], after: number, limit: number): Promise<readonly GroupVersion[]> {
    return this.#versions('>', watchNames, after, limit);
  }

  async #versions(
    side: '<=' | '>',
    watchNames: readonly string[],
    moment: number,
    limit: number,
  ): Promise<readonly GroupVersion[]> {
    const rows = await this.sql.all(
      `select key_hash, lock_version from files where due_at ${side} ? and ${unindexed('watch_name')} in (${marks(watchNames)}) order by due_at limit ?`,
      [this.sql.dialect.time(moment), ...watchNames, limit],
    );
    return rows.map((row) => ({ keyHash: String(row['key_hash']), lockVersion: wholeOf(row['lock_version']) ?? 0 }));
  }

  /** The earliest deadline behind this moment of all groups of these watches, or null. */
  async nextDeadline(watchNames: readonly string[], after: number): Promise<number | null> {
    const [row] = await this.sql.all(
      `select due_at from files where due_at > ? and ${unindexed('watch_name')} in (${marks(watchNames)}) order by due_at limit 1`,
      [this.sql.dialect.time(after), ...watchNames],
    );
    return this.sql.dialect.readTime(row?.['due_at']);
  }

  /**
   * Up to `limit` groups of these watches in one of these states, in the order in which they began, behind the group
   * `afterId` (0: from the first one on). Of one watch and one state each page is read where the one before ended; of
   * several, all that are left are sorted for each page.
   *
   * @param rulesVersion - null: all of them; else only those that were judged by other rules than these
   */
  async groupsInStates(
    watchNames: readonly string[],
    states: readonly string[],
    afterId: number,
    limit: number,
    rulesVersion: string | null = null,
  ): Promise<readonly StoredGroup[]> {
    const isOther = rulesVersion === null ? '' : "and coalesce(files.rules_version, '') <> ?";
    // That group may be in another state by now; when it began never changes. Read apart: MariaDB begins a range of an
    // index only at a value that it is given, and would read each page from the first row of the state.
    const [former] = afterId === 0 ? [] : await this.sql.all('select created_at from files where id = ?', [afterId]);
    const begun = this.sql.dialect.time(this.sql.dialect.readTime(former?.['created_at']) ?? 0);
    const rows = await this.sql.all(
      `${groupColumns} where files.state in (${marks(states)}) and files.watch_name in (${marks(watchNames)}) and files.created_at >= ? and (files.created_at > ? or files.id > ?) ${isOther} order by files.created_at, files.id limit ?`,
      [...states, ...watchNames, begun, begun, afterId, ...(rulesVersion === null ? [] : [rulesVersion]), limit],
    );
    return rows.map((row) => this.#group(row));
  }

  /** The files with these path keys, by path key. */
  async knownFiles(pathHashes: readonly string[]): Promise<ReadonlyMap<string, KnownFile>> {
    return byPathHash(await readKnownFiles(this.sql, pathHashes));
  }

  /** The id of the file that was recorded last, 0 without any. */
  newestFileId(): Promise<number> {
    return this.sql.number('select max(id) from file_components');
  }

  /** Files of a watch that are in delivery as far as the database knows, in pages by id. */
  async deliveredFiles(
    watchName: string,
    afterId: number,
    limit: number,
  ): Promise<{ readonly files: readonly KnownFile[]; readonly lastId: number }> {
    const rows = await this.sql.all(`${fileColumns} where ${delivered} and c.id > ? order by c.id limit ?`, [
      watchName,
      afterId,
      limit,
    ]);
    return { files: rows.map((row) => fileOf(row, this.sql.dialect)), lastId: Number(rows.at(-1)?.['id'] ?? afterId) };
  }

  /** The same files by their ids, which is all that most of them are looked for by. */
  async deliveredIds(
    watchName: string,
    afterId: number,
    limit: number,
  ): Promise<readonly { readonly id: number; readonly isArchived: boolean }[]> {
    const rows = await this.sql.all(
      `select c.id, c.status from file_components c where ${delivered} and c.id > ? order by c.id limit ?`,
      [watchName, afterId, limit],
    );
    return rows.map((row) => ({ id: Number(row['id']), isArchived: row['status'] === 'archived' }));
  }

  /** Those of a watch's files in delivery that have these ids. */
  async deliveredById(watchName: string, ids: readonly number[]): Promise<readonly KnownFile[]> {
    if (ids.length === 0) return [];
    const rows = await this.sql.whereIn(fileColumns, 'c.id', ids, 'integer');
    return rows
      .map((row) => fileOf(row, this.sql.dialect))
      .filter((file) => file.inDelivery && file.watchName === watchName);
  }

  /** Whether a file that was delivered at or below a path is on record, be it gone by now. */
  async hasFilesBelow(path: string): Promise<boolean> {
    const query = `select id from file_components where ${below('source_path')} limit 1`;
    return (await this.sql.all(query, belowParams(path))).length > 0;
  }

  /** The directories of archives that are on record as being written into. */
  openDirectories(): Promise<readonly string[]> {
    return readOpenDirectories(this.sql);
  }

  /** Records which directories are being written into from now on, and which no longer. */
  async recordDirectories(change: DirectoryChange): Promise<void> {
    await this.#write((sql) => writeOpenDirectories(sql, change));
  }

  /** Which directory a watch's root was when it was last recorded, or null. */
  watchRoot(watchName: string): Promise<WatchRootMark | null> {
    return readWatchRoot(this.sql, watchName);
  }

  /** Records which directory a watch's root is; `at` in ms since 1970. */
  recordWatchRoot(mark: WatchRootMark, at: number): Promise<void> {
    return writeWatchRoot(this.sql, mark, at);
  }

  /** The device on which the directory of an archive was when it was last recorded, or null. */
  archiveDevice(path: string): Promise<number | null> {
    return readArchiveDevice(this.sql, path);
  }

  /** Records on which device an archive is; `at` in ms since 1970. */
  recordArchiveDevice(path: string, device: number, at: number): Promise<void> {
    return writeArchiveDevice(this.sql, path, device, at);
  }

  /** Where some of the files are archived that are on record at or below a path: the first and the last of them. */
  someArchived(path: string): Promise<readonly string[]> {
    return someArchived(this.sql, path);
  }

  #group(row: Row): StoredGroup {
    const id = Number(row['id']);
    const lockVersion = wholeOf(row['lock_version']);
    const version = wholeOf(row['version'] ?? fileGroupVersion);
    const damage =
      lockVersion === null
        ? noWhole(`files, id ${id}`, 'lock_version', row['lock_version'])
        : version === null
          ? noWhole(`actor_snapshots, group_id ${id}`, 'version', row['version'])
          : null;
    const envelope: SnapshotEnvelope = {
      machine: 'file-group',
      version: version ?? 0,
      snapshot: jsonOf(row['snapshot']),
      savedAt: this.sql.dialect.readTime(row['saved_at']) ?? 0,
      ...(damage !== null && { damage }),
    };
    return {
      id,
      watchName: String(row['watch_name']),
      groupKey: String(row['group_key']),
      keyHash: String(row['key_hash']),
      state: String(row['state']),
      lockVersion: lockVersion ?? 0,
      stateSince: this.sql.dialect.readTime(row['state_since']) ?? 0,
      dueAt: this.sql.dialect.readTime(row['due_at']),
      envelope,
    };
  }
}

/**
 * A column that is never null, as no index knows it: without statistics SQLite takes the index of the watch, which nearly
 * all groups share, instead of the one that has the few rows in question in their order.
 */
function unindexed(column: string): string {
  return `coalesce(${column}, '')`;
}
