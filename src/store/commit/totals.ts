import { lockOrder } from './order.ts';
import type { FormerComponent } from './ownership.ts';
import type { Sql } from '../database/sql.ts';
import type { ComponentWrite, GroupWrite } from '../types.ts';

/**
 * How many components and groups there are of each kind: a few rows that every commit changes by what it changes, so that
 * `status` counts nothing. All writers hold the lock on the order of commits when they look what was there before, and
 * until their commit: totals are exact, and no two writers wait for each other in different orders.
 */

/** Components alike. */
export interface ComponentTotal {
  readonly watchName: string;
  readonly status: string;
  readonly inDelivery: boolean;
  readonly inArchive: boolean;
  readonly total: number;
  readonly bytes: number;
}

/** Groups alike. */
export interface GroupTotal {
  readonly watchName: string;
  readonly state: string;
  /** Complete, and without metadata. */
  readonly bare: boolean;
  readonly total: number;
}

const counted = {
  component_totals: {
    keys: ['watch_name', 'status', 'in_delivery', 'in_archive'],
    sums: ['total', 'bytes'],
    rows: `select watch_name, status, in_delivery, in_archive, count(*) as total, coalesce(sum(size_bytes), 0) as bytes
      from file_components group by watch_name, status, in_delivery, in_archive`,
  },
  group_totals: {
    keys: ['watch_name', 'state', 'bare'],
    sums: ['total'],
    rows: `select watch_name, state, bare, count(*) as total
      from (select watch_name, state, complete and metadata is null as bare from files) g group by watch_name, state, bare`,
  },
} as const;

type TotalsTable = keyof typeof counted;
type Key = readonly (string | boolean)[];

/** Differences by key: what is to be added to the sums. */
class Tally {
  readonly #entries = new Map<string, { readonly key: Key; readonly sums: number[] }>();

  add(key: Key, ...sums: readonly number[]): void {
    // The only free text comes first, so that no two keys make the same name.
    const name = key.join(' ');
    const entry = this.#entries.get(name);
    if (entry === undefined) this.#entries.set(name, { key, sums: [...sums] });
    else for (let i = 0; i < sums.length; i += 1) entry.sums[i] = (entry.sums[i] ?? 0) + (sums[i] ?? 0);
  }

  /** What is not zero, in the order of keys. */
  get entries(): readonly { readonly key: Key; readonly sums: readonly number[] }[] {
    return [...this.#entries.values()].filter(({ sums }) => sums.some((sum) => sum !== 0));
  }
}

interface FormerGroup {
  readonly watchName: string;
  readonly state: string;
  readonly bare: boolean;
  readonly hasMetadata: boolean;
}

/** What a batch changes in the totals: made before it is written, added when it is. */
export class TotalsChange {
  readonly #components: Tally;
  readonly #groups: Tally;

  private constructor(components: Tally, groups: Tally) {
    this.#components = components;
    this.#groups = groups;
  }

  /**
   * Compares a batch with what is there; the caller holds the lock on the order of commits.
   *
   * @param former - the components' rows, by the key of the path
   * @param foreign - the components that are not written
   */
  static async of(
    sql: Sql,
    writes: readonly GroupWrite[],
    former: ReadonlyMap<string, FormerComponent>,
    foreign: ReadonlySet<ComponentWrite>,
  ): Promise<TotalsChange> {
    return new TotalsChange(componentChange(writes, former, foreign), await groupChange(sql, writes));
  }

  /** Adds the differences to the totals. */
  async add(sql: Sql): Promise<void> {
    await addTo(sql, 'component_totals', this.#components);
    await addTo(sql, 'group_totals', this.#groups);
  }
}

function componentChange(
  writes: readonly GroupWrite[],
  former: ReadonlyMap<string, FormerComponent>,
  foreign: ReadonlySet<ComponentWrite>,
): Tally {
  const tally = new Tally();
  const own = writes.flatMap((write) => write.components.filter((one) => !foreign.has(one)));
  const written = new Map(own.map((one) => [one.pathHash, one] as const));
  for (const hash of new Set([...written.keys(), ...writes.flatMap((write) => write.removedComponents)])) {
    const before = former.get(hash);
    if (before === undefined) continue;
    tally.add([before.watchName, before.status, before.inDelivery, before.inArchive], -1, -before.sizeBytes);
  }
  for (const { watchName, status, inDelivery, inArchive, sizeBytes } of written.values()) {
    tally.add([watchName, status, inDelivery, inArchive], 1, sizeBytes);
  }
  return tally;
}

async function groupChange(sql: Sql, writes: readonly GroupWrite[]): Promise<Tally> {
  const tally = new Tally();
  const ids = writes.flatMap(({ id }) => id ?? []);
  const former = ids.length === 0 ? new Map<number, FormerGroup>() : await formerGroups(sql, ids);
  for (const write of writes) {
    const before = write.id === null ? undefined : former.get(write.id);
    // A group that is gone: the commit will find that out.
    if (write.id !== null && before === undefined) continue;
    if (before !== undefined) tally.add([before.watchName, before.state, before.bare], -1);
    const bare = write.complete && write.metadata === null && before?.hasMetadata !== true;
    tally.add([before?.watchName ?? write.watchName, write.state, bare], 1);
  }
  return tally;
}

async function formerGroups(sql: Sql, ids: readonly number[]): Promise<ReadonlyMap<number, FormerGroup>> {
  const rows = await sql.whereIn(
    'select id, watch_name, state, complete, case when metadata is null then 0 else 1 end as has_metadata from files',
    'id',
    ids,
    'integer',
  );
  return new Map(
    rows.map((row) => {
      const hasMetadata = Number(row['has_metadata']) === 1;
      const bare = Boolean(row['complete']) && !hasMetadata;
      const group = { watchName: String(row['watch_name']), state: String(row['state']), bare, hasMetadata };
      return [Number(row['id']), group];
    }),
  );
}

async function addTo(sql: Sql, table: TotalsTable, { entries }: Tally): Promise<void> {
  if (entries.length === 0) return;
  const { driver } = sql.dialect;
  const { keys, sums } = counted[table];
  const columns = [...keys, ...sums];
  // SQLite has no booleans.
  const bound = (value: string | boolean) =>
    typeof value === 'boolean' && driver !== 'postgresql' ? Number(value) : value;
  const isMariadb = driver === 'mariadb';
  const added = sums.map(
    (name) => `${name} = ${table}.${name} + ${isMariadb ? `values(${name})` : `excluded.${name}`}`,
  );
  const conflict = isMariadb ? 'on duplicate key update' : `on conflict (${keys.join(', ')}) do update set`;
  const row = `(${columns.map(() => '?').join(', ')})`;
  await sql.run(
    `insert into ${table} (${columns.join(', ')}) values ${entries.map(() => row).join(', ')} ${conflict} ${added.join(', ')}`,
    entries.flatMap((entry) => [...entry.key.map(bound), ...entry.sums]),
  );
}

/** The totals of components, without those of which there is none. */
export async function componentTotals(sql: Sql): Promise<readonly ComponentTotal[]> {
  const rows = await sql.all('select * from component_totals where total <> 0');
  return rows.map((row) => ({
    watchName: String(row['watch_name']),
    status: String(row['status']),
    inDelivery: Boolean(row['in_delivery']),
    inArchive: Boolean(row['in_archive']),
    total: Number(row['total']),
    bytes: Number(row['bytes']),
  }));
}

/** The totals of groups, without those of which there is none. */
export async function groupTotals(sql: Sql): Promise<readonly GroupTotal[]> {
  const rows = await sql.all('select * from group_totals where total <> 0');
  return rows.map((row) => ({
    watchName: String(row['watch_name']),
    state: String(row['state']),
    bare: Boolean(row['bare']),
    total: Number(row['total']),
  }));
}

/** How many of the totals are not what counting the rows gives; 0: all are right. Reads every row. */
export async function wrongTotals(sql: Sql): Promise<number> {
  let wrong = 0;
  for (const [table, { keys, sums, rows }] of Object.entries(counted)) {
    const columns = [...keys, ...sums].join(', ');
    const isZero = sums.map((name) => `sum(${name}) <> 0`).join(' or ');
    const negative = sums.map((name) => `-${name}`).join(', ');
    // One statement, so that both sides are of the same moment.
    wrong += await sql.number(
      `select count(*) from (select 1 as one from (
        select ${columns} from (${rows}) counted union all select ${keys.join(', ')}, ${negative} from ${table}) both_sides
        group by ${keys.join(', ')} having ${isZero}) wrong`,
    );
  }
  return wrong;
}

/** Counts all totals anew, inside the caller's transaction. */
export async function recountTotals(sql: Sql): Promise<void> {
  await lockOrder(sql);
  for (const [table, { keys, sums, rows }] of Object.entries(counted)) {
    await sql.run(`delete from ${table}`);
    await sql.run(`insert into ${table} (${[...keys, ...sums].join(', ')}) ${rows}`);
  }
}
