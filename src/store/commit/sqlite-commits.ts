import type { ColumnSpecs } from '../../core/index.ts';
import { commitGroups, withConflict } from './commit.ts';
import { dialects } from '../database/dialect.ts';
import { readKnownFiles } from './known-files.ts';
import { PreparedRows } from '../database/prepared.ts';
import { writeOpenDirectories, type DirectoryChange } from './open-directories.ts';
import { Sql } from '../database/sql.ts';
import { fileMark, sqliteLibrary, type SqliteLibrary } from '../database/sqlite-library.ts';
import { sqlitePragmas } from '../database/sqlite-pragmas.ts';
import type { GroupWrite, GroupWritten, KnownFile } from '../types.ts';

/** Where the groups of a project are written. */
export interface CommitPlace {
  /** The database's file. */
  readonly path: string;
  /**
   * Which files it and what SQLite keeps beside it must be, by path. Another one in its own place holds other groups; on another log than
   * that of the connections there are SQLite would mix the two up, and damage it.
   */
  readonly marks: ReadonlyMap<string, string>;
  /** The plugin's columns. */
  readonly columns: ColumnSpecs;
}

/** Commits groups to an SQLite database on a connection of its own, without MikroORM, which a thread would have to load first. */
export class SqliteCommits {
  readonly #columns: ColumnSpecs;
  readonly #database: InstanceType<SqliteLibrary>;
  readonly #sql: Sql;

  private constructor(database: InstanceType<SqliteLibrary>, columns: ColumnSpecs) {
    this.#columns = columns;
    this.#database = database;
    const prepared = new PreparedRows(database);
    this.#sql = new Sql(prepared, dialects.sqlite, prepared);
  }

  /** Opens the database; throws as SQLite does when it cannot be, or its files are not those that they must be. */
  static async open({ path, marks, columns }: CommitPlace): Promise<SqliteCommits> {
    const Library = sqliteLibrary();
    const database = new Library(path, { fileMustExist: true });
    try {
      for (const [file, mark] of marks) {
        if ((await fileMark(file).catch(() => null)) !== mark)
          throw Object.assign(new Error(`another file, or none, is in the place of ${file}`), {
            code: 'SQLITE_CANTOPEN',
          });
      }
      for (const pragma of sqlitePragmas) database.exec(`pragma ${pragma}`);
      // What a statement would have to undo is kept beside the database otherwise, in a file: two writes of three were to it.
      database.exec('pragma temp_store = memory');
      return new SqliteCommits(database, columns);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /**
   * Writes a batch in one transaction: all of it or nothing.
   *
   * @throws CarbonationError STORE_CONFLICT with the ids of the groups that another writer has changed, as details; what
   *   SQLite throws
   */
  async commit(writes: readonly GroupWrite[]): Promise<readonly GroupWritten[]> {
    const writing = this.#write(() => commitGroups(this.#sql, writes, this.#columns));
    return withConflict(this.#sql, writes, writing);
  }

  /** Ends the connection. */
  close(): void {
    this.#database.close();
  }

  /** Records which directories are being written into; throws what SQLite throws. */
  async recordDirectories(change: DirectoryChange): Promise<void> {
    await this.#write(() => writeOpenDirectories(this.#sql, change));
  }

  /** The files with these path keys; throws what SQLite throws. */
  knownFiles(pathHashes: readonly string[]): Promise<readonly KnownFile[]> {
    return readKnownFiles(this.#sql, pathHashes);
  }

  async #write<Answer>(run: () => Promise<Answer>): Promise<Answer> {
    try {
      await this.#sql.run('begin immediate');
      const answer = await run();
      await this.#sql.run('commit');
      return answer;
    } catch (error) {
      // SQLite rolls back by itself when the disk is full or fails.
      if (this.#database.inTransaction) this.#database.exec('rollback');
      throw error;
    }
  }
}
