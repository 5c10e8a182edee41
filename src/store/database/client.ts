import { CompiledQuery, type QueryResult } from 'kysely';
import type { DriverName } from '../../config/types.ts';
import { dialects } from './dialect.ts';
import type { PreparedRows } from './prepared.ts';
import { Sql, type Row, type Statements } from './sql.ts';

/** What runs a compiled query: a client or a transaction. */
export interface QueryRunner {
  executeQuery<R>(query: CompiledQuery<R>): Promise<QueryResult<R>>;
}

/**
 * SQL on one of MikroORM's connections, or in one of its transactions.
 *
 * @param prepared - SQLite's own way to write many rows; only inside a transaction of the same connection
 */
export function sqlOf(client: QueryRunner, driver: DriverName, prepared: PreparedRows | null = null): Sql {
  return new Sql(new ClientStatements(client, driver), dialects[driver], prepared);
}

/** What is under way, by what runs it. */
const underWay = new WeakMap<QueryRunner, Set<Promise<unknown>>>();

/**
 * Waits for the statements and transactions of a client. Kysely's PostgreSQL driver loses a connection that is taken while the
 * client is closed, and then waits for it for ever: nothing may be under way by then, such as a last heartbeat.
 */
export async function settled(client: QueryRunner): Promise<void> {
  for (let running = underWay.get(client); running !== undefined && running.size > 0;) {
    await Promise.allSettled(running);
  }
}

/** Has {@link settled} wait for it. */
export function tracked<Result>(client: QueryRunner, work: Promise<Result>): Promise<Result> {
  const running = underWay.get(client) ?? new Set();
  underWay.set(client, running.add(work));
  const remove = () => void running.delete(work);
  work.then(remove, remove);
  return work;
}

class ClientStatements implements Statements {
  readonly #client: QueryRunner;
  readonly #placeholder: (n: number) => string;
  readonly #isNumbered: boolean;

  constructor(client: QueryRunner, driver: DriverName) {
    this.#client = client;
    this.#placeholder = dialects[driver].placeholder;
    this.#isNumbered = this.#placeholder(1) !== '?';
  }

  async run(text: string, params: readonly unknown[]): ReturnType<Statements['run']> {
    let n = 0;
    const numbered = this.#isNumbered ? text.replaceAll('?', () => this.#placeholder((n += 1))) : text;
    const query = CompiledQuery.raw(numbered, [...params]);
    const result = await tracked(this.#client, this.#client.executeQuery<Row>(query));
    return { rows: result.rows, affected: Number(result.numAffectedRows ?? 0n) };
  }
}
