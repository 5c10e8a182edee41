import type { DriverName, NotifyConfig } from '../config/types.ts';
import { textOf } from './database/cells.ts';
import { sqlOn, type Orm } from './database/orm.ts';
import { lockOrder } from './commit/order.ts';
import { storableText, type Row, type Sql } from './database/sql.ts';
import { inTransaction } from './database/transaction.ts';

/** How far a notifier has got in the two tables that events are made of. */
export interface NotifyPosition {
  readonly transitionId: number;
  readonly watchEventId: number;
}

/** A group as an event tells of it: as it is when the event is read. */
export interface NotifiedGroup {
  readonly id: number;
  readonly key: string;
  readonly fileType: string | null;
  readonly complete: boolean;
  readonly archivePath: string | null;
  readonly revision: number;
  readonly rulesVersion: string | null;
}

/** Something that happened, on record. */
export interface RecordedEvent {
  /** Never given to another event of this database or of any other. */
  readonly id: string;
  readonly event: NotifyConfig['on'][number];
  /** ms since 1970. */
  readonly at: number;
  readonly watch: string;
  readonly reason: string | null;
  /** Null: it happened to the watch. */
  readonly group: NotifiedGroup | null;
  /** Where a notifier stands that has taken it. */
  readonly position: NotifyPosition;
}

/** Events behind a position. */
export interface EventPage {
  readonly events: readonly RecordedEvent[];
  /** Everything up to here has been looked at: the last event's position, or as far as was looked. */
  readonly position: NotifyPosition;
  /** There was nothing behind it. */
  readonly isEnd: boolean;
}

/** A notifier's row. */
export interface NotifierState {
  readonly name: string;
  readonly position: NotifyPosition;
  readonly deliveredAt: number | null;
  readonly failingSince: number | null;
  readonly lastError: string | null;
}

/** Steps of the history looked through together: a notifier may ask for what is rare, or be away for weeks, and nothing waits for it. */
const mostSteps = 10_000;

/** Events that befall a group. */
type GroupEventName = Exclude<NotifyConfig['on'][number], 'watch_lost'>;

/** The end of a transfer. It has facts when it left something to do: a failure, or a file that changed or went meanwhile. */
const isTransfer = (step: string) =>
  `${step}.from_state = 'transferring' and ${step}.event = 'transferComponents.done'`;
const isWholeTransfer = (step: string) => `${isTransfer(step)} and ${step}.facts is null`;

/**
 * What the latest of certain former steps of the group was (`value` and `which`, of a step `l`): one probe of an index, however
 * long the history is.
 */
const ofLatest = (value: string, which: string) =>
  `coalesce((select case when ${value} then 1 else 0 end from group_transitions l
    where l.group_id = t.group_id and l.id < t.id and ${which} order by l.id desc limit 1), 0) = 1`;

/**
 * Which steps `t` of the history are events. Many lead to a state without being one: a group stays in it when its files
 * leave delivery, and comes back to it when it has been looked at.
 */
const occurrences: Readonly<Record<GroupEventName, string>> = {
  // Whatever the group does next: what came in during the transfer has it assessed again before it is `archived`. After a
  // transfer that left something to do it may turn out that nothing is left; with a reason it was left undone.
  archived: `${isWholeTransfer('t')} or t.to_state = 'archived'
    and (t.from_state = 'removing_sources' or t.from_state = 'assessing' and t.reason is null)
    and ${ofLatest(`l.revision = t.revision and l.to_state <> 'archived' and l.facts is not null`, `(l.to_state = 'archived' or ${isTransfer('l')})`)}`,
  failed: "t.to_state = 'failed' and t.from_state <> 'failed'",
  // Of a group that has timed out a file came or left, and it still lacks another.
  timed_out: `t.to_state = 'timed_out' and t.from_state <> 'timed_out'
    and not ${ofLatest("l.revision = t.revision and l.to_state = 'timed_out'", "l.to_state <> 'assessing'")}`,
};
/** Not by an index: SQLite and MariaDB would go from all groups of the watch to their steps; PostgreSQL knows better. */
const watchOf: Readonly<Record<DriverName, string>> = {
  sqlite: "coalesce(f.watch_name, '')",
  mariadb: "coalesce(f.watch_name, '')",
  postgresql: 'f.watch_name',
};
const groupEvents: readonly GroupEventName[] = ['archived', 'failed', 'timed_out'];

/**
 * The outbox of notifications. There is no table of messages: the history is one already, and its ids are given out in the
 * order of commits (see `commitGroups`), so that a place in it is all that a notifier has to remember.
 */
export class NotifyStore {
  readonly #orm: Orm;
  readonly #driver: DriverName;
  readonly #sql: Sql;

  constructor(orm: Orm, driver: DriverName) {
    this.#orm = orm;
    this.#driver = driver;
    this.#sql = sqlOn(orm, driver);
  }

  /**
   * Makes a row for each new notifier, at the end of the history: it is told of what happens from now on. The others,
   * which are no longer configured, are forgotten.
   */
  async register(names: readonly string[]): Promise<ReadonlyMap<string, NotifierState>> {
    const known = await this.states();
    const end = await this.#end();
    for (const { name } of known.filter((state) => !names.includes(state.name))) {
      await this.#sql.run('delete from notifiers where name = ?', [name]);
    }
    for (const name of names.filter((one) => !known.some((state) => state.name === one))) {
      await this.#sql.run('insert into notifiers (name, transition_id, watch_event_id) values (?, ?, ?)', [
        name,
        end.transitionId,
        end.watchEventId,
      ]);
    }
    return new Map((await this.states()).map((state) => [state.name, state]));
  }

  /** Every notifier that has been registered. */
  async states(): Promise<readonly NotifierState[]> {
    return (await this.#sql.all('select * from notifiers')).map((row) => ({
      name: String(row['name']),
      position: { transitionId: Number(row['transition_id']), watchEventId: Number(row['watch_event_id']) },
      deliveredAt: this.#sql.dialect.readTime(row['delivered_at']),
      failingSince: this.#sql.dialect.readTime(row['failing_since']),
      lastError: textOf(row['last_error']),
    }));
  }

  /** Up to `limit` events behind a position that a notifier wants, as far as one look goes. */
  async after(
    position: NotifyPosition,
    { on, watch }: Pick<NotifyConfig, 'on' | 'watch'>,
    limit: number,
  ): Promise<EventPage> {
    // The end before the rows: what is committed in between belongs to the next page.
    const end = await this.#end();
    const database = await this.#database();
    const last = Math.min(end.transitionId, position.transitionId + mostSteps);
    const wanted = groupEvents.filter((event) => on.includes(event));
    const groups =
      wanted.length === 0 || last <= position.transitionId
        ? []
        : await this.#sql.all(
            `select t.id, t.at, t.to_state, t.reason, t.revision, t.rules_version, f.id as group_id, f.watch_name, f.group_key,
              f.file_type, f.complete, f.archive_path
              from group_transitions t join files f on f.id = t.group_id
              where t.id > ? and t.id <= ? and (${wanted.map((event) => `(${occurrences[event]})`).join(' or ')})
              ${watch === null ? '' : `and ${watchOf[this.#driver]} = ?`} order by t.id limit ?`,
            [position.transitionId, last, ...(watch === null ? [] : [watch]), limit],
          );
    const ofGroups = groups.map((row) => groupEvent(this.#sql, database, row, position.watchEventId));
    if (groups.length === limit)
      return { events: ofGroups, position: ofGroups.at(-1)?.position ?? position, isEnd: false };
    if (wanted.length > 0 && last < end.transitionId)
      return { events: ofGroups, position: { ...position, transitionId: last }, isEnd: false };
    const lost =
      !on.includes('watch_lost') || end.watchEventId <= position.watchEventId
        ? []
        : await this.#sql.all(
            `select id, at, watch_name, reason from watch_events where id > ? and id <= ? and health = 'lost'
              ${watch === null ? '' : 'and watch_name = ?'} order by id limit ?`,
            [position.watchEventId, end.watchEventId, ...(watch === null ? [] : [watch]), limit],
          );
    const events = [...ofGroups, ...lost.map((row) => watchEvent(this.#sql, database, row, end.transitionId))];
    const isAll = lost.length < limit;
    return { events, position: isAll ? end : (events.at(-1)?.position ?? end), isEnd: isAll };
  }

  /** A notifier has got this far; `deliveredAt`: by taking an event. */
  async advance(name: string, position: NotifyPosition, deliveredAt: number | null): Promise<void> {
    const taken = deliveredAt === null ? '' : ', delivered_at = ?, failing_since = null, last_error = null';
    await this.#sql.run(`update notifiers set transition_id = ?, watch_event_id = ?${taken} where name = ?`, [
      position.transitionId,
      position.watchEventId,
      ...(deliveredAt === null ? [] : [this.#sql.dialect.time(deliveredAt)]),
      name,
    ]);
  }

  /** A notifier takes no events. */
  async fail(name: string, since: number, error: string): Promise<void> {
    await this.#sql.run('update notifiers set failing_since = ?, last_error = ? where name = ?', [
      this.#sql.dialect.time(since),
      storableText(error),
      name,
    ]);
  }

  /**
   * Records that a watch was lost or found; nothing, when that was its last record. A watch begins as found. Of its former records only
   * those are kept that a notifier may not have been told of.
   */
  async recordWatch(watch: string, health: 'lost' | 'found', reason: string | null, at: number): Promise<void> {
    await inTransaction(this.#orm, this.#driver, async (sql) => {
      await lockOrder(sql);
      const [last] = await sql.all(
        'select id, health from watch_events where watch_name = ? order by id desc limit 1',
        [watch],
      );
      if ((last?.['health'] ?? 'found') === health) return;
      await sql.run('insert into watch_events (watch_name, at, health, reason) values (?, ?, ?, ?)', [
        watch,
        sql.dialect.time(at),
        health,
        reason === null ? null : storableText(reason),
      ]);
      // What all have been told of is of no use to anybody, and a disk may come and go for years.
      await sql.run(
        'delete from watch_events where watch_name = ? and id <= ? and id <= coalesce((select min(watch_event_id) from notifiers), id)',
        [watch, Number(last?.['id'] ?? 0)],
      );
    });
  }

  async #end(): Promise<NotifyPosition> {
    const [row] = await this.#sql.all(
      'select (select max(id) from group_transitions) as transition_id, (select max(id) from watch_events) as watch_event_id',
    );
    return { transitionId: Number(row?.['transition_id'] ?? 0), watchEventId: Number(row?.['watch_event_id'] ?? 0) };
  }

  async #database(): Promise<string> {
    return (await this.#sql.number("select value from counters where name = 'database'")).toString(36);
  }
}

function groupEvent(sql: Sql, database: string, row: Row, watchEventId: number): RecordedEvent {
  const id = Number(row['id']);
  return {
    id: eventId(sql, database, 'g', row),
    event: groupEvents.find((name) => name === row['to_state']) ?? 'archived',
    at: sql.dialect.readTime(row['at']) ?? 0,
    watch: String(row['watch_name']),
    reason: textOf(row['reason']),
    group: {
      id: Number(row['group_id']),
      key: String(row['group_key']),
      fileType: textOf(row['file_type']),
      complete: Boolean(row['complete']),
      archivePath: textOf(row['archive_path']),
      revision: Number(row['revision']),
      rulesVersion: textOf(row['rules_version']),
    },
    position: { transitionId: id, watchEventId },
  };
}

function watchEvent(sql: Sql, database: string, row: Row, transitionId: number): RecordedEvent {
  const id = Number(row['id']);
  return {
    id: eventId(sql, database, 'w', row),
    event: 'watch_lost',
    at: sql.dialect.readTime(row['at']) ?? 0,
    watch: String(row['watch_name']),
    reason: textOf(row['reason']),
    group: null,
    position: { transitionId, watchEventId: id },
  };
}

// With the moment: after a restore the database gives out ids again that it gave before.
function eventId(sql: Sql, database: string, kind: 'g' | 'w', row: Row): string {
  const at = sql.dialect.readTime(row['at']) ?? 0;
  return `${database}-${kind}${Number(row['id'])}-${at.toString(36)}`;
}
