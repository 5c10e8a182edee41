import { jsonOf } from './database/cells.ts';
import { storableJson, type Sql } from './database/sql.ts';

/** How long an answer is kept for whoever asked, in ms. */
const keptMs = 86_400_000;

/** A request that has not been answered. */
export interface OpenRequest {
  readonly id: number;
  /** As it was asked for; another version may have written it. */
  readonly options: unknown;
}

/** What other processes ask the running service to reconcile: rows of `reconcile_requests`. */
export class RequestStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Asks; the request's number, for {@link answerTo}. */
  async add(options: unknown, at: number): Promise<number> {
    const { time } = this.#sql.dialect;
    await this.#sql.run('delete from reconcile_requests where answered_at < ?', [time(at - keptMs)]);
    const [row] = await this.#sql.all(
      'insert into reconcile_requests (options, requested_at) values (?, ?) returning id',
      [storableJson(options), time(at)],
    );
    return Number(row?.['id']);
  }

  /** The requests that wait for an answer, in the order in which they were made. */
  async open(): Promise<readonly OpenRequest[]> {
    const rows = await this.#sql.all(
      'select id, options from reconcile_requests where answered_at is null order by id',
    );
    return rows.map((row) => ({ id: Number(row['id']), options: jsonOf(row['options']) }));
  }

  /** Answers a request with what came of it. */
  async answer(id: number, report: unknown, at: number): Promise<void> {
    await this.#sql.run('update reconcile_requests set answered_at = ?, report = ? where id = ?', [
      this.#sql.dialect.time(at),
      storableJson(report),
      id,
    ]);
  }

  /** The answer to a request; `open`: there is none yet; `gone`: nobody will answer it. */
  async answerTo(id: number): Promise<{ readonly report: unknown } | 'open' | 'gone'> {
    const [row] = await this.#sql.all('select answered_at, report from reconcile_requests where id = ?', [id]);
    if (row === undefined) return 'gone';
    return row['answered_at'] === null ? 'open' : { report: jsonOf(row['report']) };
  }

  /** Takes a request back that has not been answered; without a number, all of them. */
  async withdraw(id: number | null = null): Promise<void> {
    const which = id === null ? '' : ' and id = ?';
    await this.#sql.run(`delete from reconcile_requests where answered_at is null${which}`, id === null ? [] : [id]);
  }
}
