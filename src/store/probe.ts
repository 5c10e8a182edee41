import type { DriverName } from '../config/types.ts';
import { someArchived } from './archive-roots.ts';
import { coreTables, missingTables } from './schema/core-tables.ts';
import { sqlOn, type Orm } from './database/orm.ts';
import { lastHolder, type LastHolder } from './service-store.ts';
import type { Sql } from './database/sql.ts';
import { inVain } from './database/transaction.ts';

/** The server's clock in ms since 1970; SQLite has none of its own. */
const clocks: Readonly<Record<DriverName, string | null>> = {
  sqlite: null,
  postgresql: 'select extract(epoch from clock_timestamp()) * 1000 as ms',
  mariadb: 'select unix_timestamp(sysdate(3)) * 1000 as ms',
};

/** Looks at a database without changing it. */
export class Probe {
  readonly #orm: Orm;
  readonly #driver: DriverName;
  readonly sql: Sql;

  constructor(orm: Orm, driver: DriverName) {
    this.#orm = orm;
    this.#driver = driver;
    this.sql = sqlOn(orm, driver);
  }

  /** Writes a row and takes that back. @throws what the database has against it */
  async write(): Promise<void> {
    await inVain(this.#orm, this.#driver, (sql) =>
      sql.run("update counters set value = value + 1 where name = 'completion'"),
    );
  }

  /** What somebody has taken out of the core's tables, as sentences. */
  missingTables(): Promise<readonly string[]> {
    return missingTables(this.sql, coreTables(this.#orm));
  }

  /** The encoding of a PostgreSQL database that lacks characters which names and reasons may have; null: it has them all. */
  async narrowEncoding(): Promise<string | null> {
    if (this.#driver !== 'postgresql') return null;
    const [row] = await this.sql.all("select current_setting('server_encoding') as encoding");
    const encoding = String(row?.['encoding']);
    // The second one takes any bytes, and gives them back as they are.
    return ['UTF8', 'SQL_ASCII'].includes(encoding) ? null : encoding;
  }

  /** What the server's clock shows, in ms since 1970; null: the database has none. */
  async clock(): Promise<number | null> {
    const query = clocks[this.#driver];
    if (query === null) return null;
    const [row] = await this.sql.all(query);
    return Number(row?.['ms']);
  }

  /** The service as it has last recorded itself. */
  async service(): Promise<LastHolder> {
    const [row = {}] = await this.sql.all('select * from service_state where id = 1');
    return lastHolder(row, this.sql.dialect);
  }

  /** Some of the files that the database says are archived below a directory: the first and the last of them. */
  archivedBelow(directory: string): Promise<readonly string[]> {
    return someArchived(this.sql, directory);
  }
}
