import { systemClock } from '../core/clock.ts';
import type { StatusReport, Total } from '../store/read/reports.ts';
import type { Difference } from '../store/schema/introspect.ts';
import { openSchema } from './database.ts';
import type { ViewedProject } from './project.ts';

/** What `carbonation db status` shows. */
export interface SchemaReport {
  readonly database: string;
  readonly driver: string;
  readonly migrations: {
    readonly applied: readonly string[];
    readonly pending: readonly string[];
    /** Applied ones of the core that this program does not have, and of the plugin that it does not have any more. */
    readonly unknown: readonly string[];
  };
  /** What the plugin's model and the table `files` differ in. */
  readonly drift: readonly Difference[];
  /** Null: the core's migrations are not all applied, so that there is nothing to count with. */
  readonly contents: SchemaContents | null;
  /** How many of the kept totals, which `contents` and `status` show, are not what counting every row gives; null as above. */
  readonly wrongTotals: number | null;
  /** What is wrong within SQLite's file, which is read as a whole; null: nothing, or the database is on a server. */
  readonly damage: string | null;
}

/** What the tables hold. */
export interface SchemaContents {
  /** Files by status; those of which there is none are absent. */
  readonly components: Readonly<Record<string, number>>;
  readonly groups: Readonly<Record<string, number>>;
  readonly delivery: Total;
  readonly archive: Total;
  readonly withoutMetadata: number;
}

/**
 * Looks at a database as it is, also when migrations are pending or unknown.
 *
 * @throws CarbonationError DATABASE_MISSING, DATABASE_UNREACHABLE, DATABASE_DENIED
 */
export async function readSchemaReport(project: ViewedProject): Promise<SchemaReport> {
  const [{ readStatus }, { wrongTotals }, { differences, readLiveFiles }, { sqliteDamage }] = await Promise.all([
    import('../store/read/reports.ts'),
    import('../store/commit/totals.ts'),
    import('../store/schema/introspect.ts'),
    import('../store/database/sqlite-damage.ts'),
  ]);
  const { database } = project.config;
  const { sql, state, close } = await openSchema(project, { anyState: true });
  try {
    const known = new Set([...state.pending, ...project.migrations.map(({ name }) => `plugin/${name}`)]);
    const lost = state.applied.filter((name) => name.startsWith('plugin/') && !known.has(name));
    const isCurrent = state.unknown.length === 0 && !state.pending.some((name) => name.startsWith('core/'));
    const status = isCurrent ? await readStatus(sql, systemClock.now()) : null;
    return {
      database: database.name,
      driver: database.driver,
      migrations: { applied: state.applied, pending: state.pending, unknown: [...state.unknown, ...lost] },
      drift: differences(await readLiveFiles(sql), project.plugin.fileModel.columns, database.driver),
      contents: status === null ? null : contentsOf(status),
      wrongTotals: isCurrent ? await wrongTotals(sql) : null,
      damage: await sqliteDamage(sql),
    };
  } finally {
    await close();
  }
}

function contentsOf(status: StatusReport): SchemaContents {
  const counted = Object.entries(status.components).map(([name, { total }]) => [name, total] as const);
  return {
    components: Object.fromEntries(counted.filter(([, total]) => total > 0)),
    groups: status.groups,
    delivery: status.delivery,
    archive: status.archive,
    withoutMetadata: status.withoutMetadata,
  };
}
