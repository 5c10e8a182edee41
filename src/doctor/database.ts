import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { restoreRemedy, databaseRemedy } from '../store/database/away.ts';
import { closeOrm, openOrm, placeOf } from '../store/database/orm.ts';
import { misfits } from '../store/schema/introspect.ts';
import { assertSchema, readSchemaState } from '../store/schema/migrate.ts';
import { NotifyStore } from '../store/notify-store.ts';
import { Probe } from '../store/probe.ts';
import { riskySettings } from '../store/database/risky-settings.ts';
import { isWholeRun } from '../store/service-store.ts';
import { sqliteBytes, sqliteDamage } from '../store/database/sqlite-damage.ts';
import type { Project } from '../api/index.ts';
import type { Config } from '../config/types.ts';
import type { Clock } from '../core/index.ts';
import { catalogue, limitRemedies, messageOf, systemCode, toCarbonationError } from '../errors/index.ts';
import { isHolderAlive, thisHolder } from '../service/database/holder.ts';
import { goneOf, isMade } from './directories.ts';
import { checksOf, type Check } from './types.ts';

/** How far the clocks of this machine and of the database server may be apart, in ms. */
const tolerableSkewMs = 5000;
/** A larger file of SQLite is not read as a whole, in bytes: what checks containers and alarms asks often, and waits for seconds. */
const usualBytes = 512_000_000;
/** Before this moment the clock of the machine was not set: this program did not exist yet. */
const sensibleMs = Date.UTC(2026, 0, 1);

/** The database, its schema, the clock, the service and the notifiers. */
export async function databaseChecks(
  config: Config,
  project: Project | null,
  clock: Clock,
  mostBytes: number = usualBytes,
): Promise<readonly Check[]> {
  const { database } = config;
  const check = checksOf('database');
  const where = placeOf(database);
  try {
    const orm = await openOrm(database, {}, { create: false });
    try {
      const probe = new Probe(orm, database.driver);
      const schema = await schemaChecks(probe, project);
      if (schema.some(({ verdict }) => verdict === 'fail')) return [check.ok(`${where}: reachable`), ...schema];
      return [
        await writeCheck(probe, where, database, mostBytes),
        ...durabilityChecks(where, await riskySettings(probe.sql)),
        ...schema,
        await clockCheck(probe, clock),
        await serviceCheck(probe, config.service, clock),
        ...(await mountedChecks(probe, config)),
        ...(await deliveryChecks(new NotifyStore(orm, database.driver))),
      ];
    } finally {
      await closeOrm(orm);
    }
  } catch (thrown) {
    const { code, message, remedy } = toCarbonationError(thrown);
    const limit = code === 'DATABASE_UNREACHABLE' ? await limitOf(database) : undefined;
    return [check.fail(message, limit ?? remedy)];
  }
}

async function writeCheck(
  probe: Probe,
  where: string,
  database: Config['database'],
  mostBytes: number,
): Promise<Check> {
  const check = checksOf('database');
  try {
    await probe.write();
    const isRead = (await sqliteBytes(probe.sql)) <= mostBytes;
    const damage = isRead ? await sqliteDamage(probe.sql) : null;
    if (damage !== null) return check.fail(`${where} is damaged: ${damage}`, restoreRemedy);
    const encoding = await probe.narrowEncoding();
    if (encoding !== null) {
      return check.warn(
        `${where} is in ${encoding}: groups whose names or metadata have other characters cannot be recorded`,
        'restore a dump of it into one made by `createdb --encoding UTF8 --template template0`',
      );
    }
    const unread = isRead ? '' : '; too large to be read as a whole here: `carbonation db status` does';
    return check.ok(`${where}: reachable and writable${unread}`);
  } catch (error) {
    return check.fail(
      `${where} cannot be written: ${messageOf(error)}`,
      (await limitOf(database)) ?? databaseRemedy(error) ?? 'let the user of the service write it',
    );
  }
}

/** What helps where the disk of SQLite's file is read-only, which SQLite does not tell from rights that are lacking. */
async function limitOf({ driver, name }: Config['database']): Promise<string | undefined> {
  if (driver !== 'sqlite') return undefined;
  const code = await access(dirname(name), constants.W_OK).catch(systemCode);
  return limitRemedies[code ?? ''];
}

/** Of a server that may lose what it has said was committed: a move has removed its sources by then. */
export function durabilityChecks(where: string, risky: readonly string[]): readonly Check[] {
  return risky.map((setting) =>
    checksOf('database').warn(
      `${where}: ${setting}: when the machine of the server fails, records may be lost whose files have been moved already`,
      'set `fsync` and `full_page_writes` of PostgreSQL to on, `innodb_flush_log_at_trx_commit` of MariaDB to 1',
    ),
  );
}

async function schemaChecks(probe: Probe, project: Project | null): Promise<readonly Check[]> {
  if (project === null) return [];
  const check = checksOf('schema');
  const state = await readSchemaState(probe.sql, project.migrations);
  try {
    assertSchema(state);
  } catch (thrown) {
    const { message, remedy } = toCarbonationError(thrown);
    return [check.fail(message, remedy)];
  }
  const missing = await probe.missingTables();
  if (missing.length > 0) return [check.fail(missing.join('; '), restoreRemedy)];
  const found = await misfits(probe.sql, project.plugin.fileModel.columns);
  if (found.length > 0) {
    return [check.fail(found.join('; '), catalogue.SCHEMA_DRIFT.remedy)];
  }
  return [check.ok(`up to date, ${state.applied.length} migrations applied`)];
}

async function clockCheck(probe: Probe, clock: Clock): Promise<Check> {
  const check = checksOf('clock');
  const before = clock.now();
  const server = await probe.clock();
  const now = clock.now();
  const remedy = 'have the clocks of all machines set by NTP (`timedatectl status`)';
  if (now < sensibleMs) return check.fail(`it shows ${new Date(now).toISOString()}, which is long ago`, remedy);
  const skewMs = server === null ? 0 : server - (before + now) / 2;
  if (Math.abs(skewMs) > tolerableSkewMs) {
    const direction = skewMs > 0 ? 'ahead of' : 'behind';
    return check.warn(
      `the database server is ${Math.round(Math.abs(skewMs) / 1000)} s ${direction} this machine`,
      remedy,
    );
  }
  const { lastHeartbeat } = await probe.service();
  if (lastHeartbeat > now + tolerableSkewMs) {
    const text = `the last heartbeat was at ${new Date(lastHeartbeat).toISOString()}, which is in the future: the clock has gone back`;
    return check.warn(text, remedy);
  }
  return check.ok(
    server === null
      ? new Date(now).toISOString()
      : `agrees with the database server's within ${tolerableSkewMs / 1000} s`,
  );
}

async function serviceCheck(probe: Probe, { reconcileIntervalMs }: Config['service'], clock: Clock): Promise<Check> {
  const check = checksOf('service');
  const recorded = await probe.service();
  const { instance, lastHeartbeat, pid, host, mode } = recorded;
  const remedy = 'start it: `carbonation run`, or `systemctl start carbonation`';
  const moment = (ms: number): string => new Date(ms).toISOString();
  if (lastHeartbeat === 0) return check.warn('it has never run on this database', remedy);
  const last = `last heartbeat ${moment(lastHeartbeat)}`;
  const now = clock.now();
  if (instance === null && isWholeRun(mode) && Math.abs(now - lastHeartbeat) <= reconcileIntervalMs)
    return check.ok(`none runs; the last \`${mode}\` ended ${moment(lastHeartbeat)}`);
  if (instance === null) return check.warn(`not running, ${last}`, remedy);
  const where = `${mode}, process ${pid} on ${host}`;
  const own = thisHolder('doctor', 'doctor');
  if (!isHolderAlive({ ...recorded, instance }, own, now)) {
    // A process elsewhere cannot be looked at, and of the two clocks either may be wrong.
    if (host !== own.host) {
      const elsewhere = `see on ${host} whether it runs; if it does, have the clocks of both machines set by NTP; if it does not, ${remedy}`;
      return check.fail(`${where} gives no sign of life by this machine's clock, ${last}`, elsewhere);
    }
    return check.fail(`${where} has ended without a word, ${last}`, `look at its log, then ${remedy}`);
  }
  if (now - lastHeartbeat > 5 * recorded.heartbeatMs) {
    return check.fail(`${where} runs but gives no sign of life, ${last}`, 'look at its log and restart it');
  }
  return check.ok(`${where}, running since ${moment(recorded.startedAt)}`);
}

/**
 * Archives whose files are not there although the database knows them: their disk is not mounted. The directory itself may be there
 * all the same, as what the disk is mounted on, with the files of a service that has worked meanwhile.
 */
async function mountedChecks(probe: Probe, config: Config): Promise<readonly Check[]> {
  const found: Check[] = [];
  for (const archive of config.archives) {
    const { name, basePath } = archive;
    const recorded = await probe.archivedBelow(basePath);
    const gone = await goneOf(recorded);
    const [first] = gone;
    if (first === undefined) continue;
    const check = checksOf('mount', name);
    const remedy = 'mount its disk before the service runs (systemd: RequiresMountsFor=)';
    const ofThem = `${gone.length} of ${recorded.length} files on record that were looked for are gone, first ${first}`;
    if (!(await isMade(archive))) {
      found.push(check.fail(`${basePath} does not exist, but files have been archived there`, remedy));
    } else if (gone.length === recorded.length) {
      found.push(check.fail(`${basePath}: ${ofThem}: is its disk mounted?`, remedy));
    } else {
      const other = `if it is not, ${remedy}; if it is, \`carbonation reconcile archive\` says which files are gone`;
      found.push(check.warn(`${basePath}: ${ofThem}: is its disk mounted?`, other));
    }
  }
  return found;
}

async function deliveryChecks(store: NotifyStore): Promise<readonly Check[]> {
  return (await store.states()).map(({ name, failingSince, deliveredAt, lastError }) => {
    const check = checksOf('notify', name);
    if (failingSince !== null) {
      const text = `has accepted nothing since ${new Date(failingSince).toISOString()}: ${lastError ?? 'unknown'}`;
      return check.warn(text, 'correct `[[notify]]` or its endpoint; the waiting events are sent then');
    }
    return check.ok(deliveredAt === null ? 'nothing sent so far' : `last sent ${new Date(deliveredAt).toISOString()}`);
  });
}
