import { CarbonationError } from '../errors/index.ts';
import type { DriverName } from '../config/types.ts';
import { textOf } from './database/cells.ts';
import type { Dialect } from './database/dialect.ts';
import { lastFilesOf } from './read/last-files.ts';
import { sqlOn, type Orm } from './database/orm.ts';
import { watchReports, type WatchReport } from './read/reports.ts';
import { storableJson, type Row, type Sql } from './database/sql.ts';
import { inTransaction } from './database/transaction.ts';

/** Whether a command that ends has looked at everything there is: had from time to time it does what a service does. */
export function isWholeRun(mode: string | null): boolean {
  return mode === 'run --once' || mode === 'reconcile';
}

/** A process that runs the service on a database. */
export interface ServiceHolder {
  /** Random id of the run. */
  readonly instance: string;
  readonly host: string;
  /** Tells one boot of a host (and one process namespace) from the next. */
  readonly bootId: string;
  readonly pid: number;
  /** `run`, or the command that ends: see {@link isWholeRun}. */
  readonly mode: string;
}

/** A holder as it is read back; times in ms since 1970. */
export interface RecordedHolder extends ServiceHolder {
  readonly startedAt: number;
  readonly lastHeartbeat: number;
  readonly heartbeatMs: number;
}

/** The process that has had the database last; null instance: it has given it back, or there has been none. */
export type LastHolder = Omit<RecordedHolder, 'instance'> & { readonly instance: string | null };

/** What the last process that has given the database back has left on record. */
export interface LeftRecord extends Pick<RecordedHolder, 'mode' | 'startedAt' | 'lastHeartbeat'> {
  readonly watches: Heartbeat['watches'];
}

/** What a heartbeat records. */
export interface Heartbeat {
  readonly at: number;
  readonly queueDepth: number;
  readonly workersActive: number;
  readonly rulesVersion: string;
  /** By name. */
  readonly watches: Readonly<Record<string, Omit<WatchReport, 'name'>>>;
}

/** The claim on the database and the heartbeat: the one row of `service_state`. */
export class ServiceStore {
  readonly #orm: Orm;
  readonly #driver: DriverName;
  readonly #sql: Sql;

  constructor(orm: Orm, driver: DriverName) {
    this.#orm = orm;
    this.#driver = driver;
    this.#sql = sqlOn(orm, driver);
  }

  /**
   * Claims the database for a process.
   *
   * @param isAlive - whether a recorded holder still runs
   * @returns `wasCutShort`: it was still another one's, which has ended without giving it back; `left`: what the one before
   *   has left, null where it has ended like that, or there was none
   * @throws CarbonationError SERVICE_RUNNING, which says who holds it and since when
   */
  async claim(
    holder: ServiceHolder,
    at: number,
    heartbeatMs: number,
    isAlive: (recorded: RecordedHolder) => boolean,
  ): Promise<{ readonly wasCutShort: boolean; readonly left: LeftRecord | null }> {
    // Who waits for a service to end asks again and again: that must not stop its commits, as a transaction of SQLite would.
    assertFree(await this.holder(), isAlive);
    return inTransaction(this.#orm, this.#driver, async (sql) => {
      const row = await rowOf(sql);
      const former = recordedHolder(row, sql.dialect);
      assertFree(former, isAlive);
      const time = sql.dialect.time(at);
      await sql.run(
        'update service_state set instance = ?, host = ?, boot_id = ?, pid = ?, mode = ?, heartbeat_ms = ?, started_at = ?, last_heartbeat = ? where id = 1',
        [holder.instance, holder.host, holder.bootId, holder.pid, holder.mode, heartbeatMs, time, time],
      );
      return { wasCutShort: former !== null, left: former === null ? leftRecord(row, sql.dialect) : null };
    });
  }

  /** The process that works on the database, as it is recorded; null: none. */
  async holder(): Promise<RecordedHolder | null> {
    return recordedHolder(await rowOf(this.#sql), this.#sql.dialect);
  }

  /** Records a heartbeat; false when another process has taken the database over. */
  async beat(instance: string, heartbeat: Heartbeat): Promise<boolean> {
    const { affected } = await this.#sql.run(
      'update service_state set last_heartbeat = ?, queue_depth = ?, workers_active = ?, rules_version = ?, watches = ? where id = 1 and instance = ?',
      [
        this.#sql.dialect.time(heartbeat.at),
        heartbeat.queueDepth,
        heartbeat.workersActive,
        heartbeat.rulesVersion,
        // Reasons are a plugin's words, too.
        storableJson(heartbeat.watches),
        instance,
      ],
    );
    return affected > 0;
  }

  /** What is on record of what the plugin was asked; null: nothing. */
  async pluginAsked(): Promise<string | null> {
    const [row] = await this.#sql.all('select plugin_asked from service_state where id = 1');
    return textOf(row?.['plugin_asked']);
  }

  /** Puts on record what the plugin is asked; nothing once another process has taken the database over. */
  async recordPluginAsked(instance: string, asked: string): Promise<void> {
    await this.#sql.run('update service_state set plugin_asked = ? where id = 1 and instance = ?', [asked, instance]);
  }

  /** When each watch last had a file, as the latest heartbeat has it, or else its groups; ms since 1970. */
  async lastFiles(): Promise<ReadonlyMap<string, number>> {
    const [row] = await this.#sql.all('select watches from service_state where id = 1');
    const told = new Map(
      watchReports(row?.['watches']).flatMap(({ name, lastFileAt }) =>
        lastFileAt === null ? [] : [[name, lastFileAt] as const],
      ),
    );
    return new Map([...told, ...(await lastFilesOf(this.#sql, new Set(told.keys())))]);
  }

  /** Gives the claim back; with `left`, as if what it says were the last that has been done. */
  async release(instance: string, left: LeftRecord | null = null): Promise<void> {
    const { time } = this.#sql.dialect;
    const [also, params] =
      left === null
        ? ['', []]
        : [
            ', mode = ?, started_at = ?, last_heartbeat = ?',
            [left.mode, time(left.startedAt), time(left.lastHeartbeat)],
          ];
    await this.#sql.run(`update service_state set instance = null${also} where id = 1 and instance = ?`, [
      ...params,
      instance,
    ]);
  }
}

async function rowOf(sql: Sql): Promise<Row> {
  const [row] = await sql.all(
    `select instance, host, boot_id, pid, mode, heartbeat_ms, started_at, last_heartbeat, watches from service_state where id = 1${sql.dialect.forUpdate}`,
  );
  return row ?? {};
}

function recordedHolder(row: Row, dialect: Dialect): RecordedHolder | null {
  const { instance, ...recorded } = lastHolder(row, dialect);
  return instance === null ? null : { ...recorded, instance };
}

function leftRecord(row: Row, dialect: Dialect): LeftRecord | null {
  const { mode, startedAt, lastHeartbeat } = lastHolder(row, dialect);
  if (lastHeartbeat === 0) return null;
  const watches = watchReports(row['watches']).map(({ name, ...watch }) => [name, watch]);
  return { mode, startedAt, lastHeartbeat, watches: Object.fromEntries(watches) };
}

/** The holder in the row of `service_state`. */
export function lastHolder(row: Row, { readTime }: Dialect): LastHolder {
  return {
    instance: textOf(row['instance']),
    host: String(row['host']),
    bootId: String(row['boot_id']),
    pid: Number(row['pid']),
    mode: String(row['mode']),
    heartbeatMs: Number(row['heartbeat_ms']),
    startedAt: readTime(row['started_at']) ?? 0,
    lastHeartbeat: readTime(row['last_heartbeat']) ?? 0,
  };
}

function assertFree(recorded: RecordedHolder | null, isAlive: (recorded: RecordedHolder) => boolean): void {
  if (recorded === null || !isAlive(recorded)) return;
  const since = new Date(recorded.startedAt).toISOString();
  // Only the service works without an end.
  const remedy = recorded.mode === 'run' ? {} : { remedy: 'wait until it has ended, then run this again' };
  throw new CarbonationError(
    'SERVICE_RUNNING',
    `\`carbonation ${recorded.mode}\` already works on this database: process ${recorded.pid} on ${recorded.host}, since ${since}`,
    { details: [recorded.mode, `process ${recorded.pid} on ${recorded.host}`], ...remedy },
  );
}
