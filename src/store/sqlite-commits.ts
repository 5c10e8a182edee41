import Database from 'better-sqlite3';
import type { ColumnSpecs } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import { commitGroups, conflictOf } from './commit.ts';
import { dialects } from './dialect.ts';
import { PreparedRows } from './prepared.ts';
import { Sql } from './sql.ts';
import { sqlitePragmas } from './sqlite-pragmas.ts';
import type { GroupWrite, GroupWritten } from './types.ts';

/** Where the groups of a project are written. */
export interface CommitPlace {
  /** The database's file. */
  readonly path: string;
  /** The plugin's columns. */
  readonly columns: ColumnSpecs;
}

/** Commits groups to an SQLite database on a connection of its own, without MikroORM, which a thread would have to load first. */
export class SqliteCommits {
  readonly #place: CommitPlace;
  readonly #database: Database;
  readonly #prepared: PreparedRows;
  readonly #sql: Sql;

  constructor(place: CommitPlace) {
    this.#place = place;
    this.#database = new Database(place.path, { fileMustExist: true });
    for (const pragma of sqlitePragmas) this.#database.exec(`pragma ${pragma}`);
    this.#prepared = new PreparedRows(this.#database);
    this.#sql = new Sql(this.#prepared, dialects.sqlite, this.#prepared);
  }

  /**
   * Writes a batch in one transaction: all of it or nothing.
   *
   * @throws CarbonationError STORE_CONFLICT with the ids of the groups that another writer has changed, as details; what
   *   SQLite throws
   */
  async commit(writes: readonly GroupWrite[]): Promise<readonly GroupWritten[]> {
    try {
      await this.#sql.run('begin immediate');
      const written = await commitGroups(this.#sql, writes, this.#place.columns);
      await this.#sql.run('commit');
      return written;
    } catch (thrown) {
      // SQLite rolls back by itself when the disk is full or fails.
      if (this.#database.inTransaction) this.#database.exec('rollback');
      if (thrown instanceof CarbonationError && thrown.code === 'STORE_CONFLICT')
        throw await conflictOf(this.#sql, writes);
      throw thrown;
    }
  }
}
