import { systemClock } from '../core/clock.ts';
import {
  ActorSnapshot,
  ComponentTotal,
  Counter,
  FileComponent,
  GroupTotal,
  GroupTransition,
  ServiceState,
} from '../../entities/index.ts';
import { unknownName } from '../config/suggest.ts';
import { CarbonationError } from '../errors/index.ts';
import type { FileModel } from '../plugin/contract.ts';
import { withDatabaseSaid } from '../store/database/away.ts';
import { readNewFiles } from '../store/read/cursor.ts';
import { filePages } from '../store/read/file-pages.ts';
import { recordedWatches } from '../store/read/history.ts';
import { countFiles } from '../store/read/query.ts';
import { openStore } from './database.ts';
import { readProjectStatus } from './health.ts';
import type { Database, SessionEntities, SessionWork } from './library-types.ts';
import { viewProject } from './project.ts';
import {
  buildConditions,
  buildQuery,
  describeFilters,
  queryColumns,
  type Filters,
  type QueryOptions,
} from './query.ts';

/** Rows of one call of `getNewFiles` unless it says otherwise. */
const newFilesLimit = 1000;

/** Opens a project's database for queries; see `connect`. */
export async function openDatabase<Model extends FileModel>(configPath: string): Promise<Database<Model>> {
  const project = await viewProject(configPath);
  const { store, close } = await openStore(project);
  const { columns } = project.plugin.fileModel;
  let isClosed = false;
  const closeOnce = (): Promise<void> => {
    isClosed = true;
    return close();
  };
  /** At any statement a database may be locked by another process, or go away: the error says so, with what helps. */
  const explain = (error: unknown): unknown => (isClosed ? alreadyClosed(error) : withDatabaseSaid(error));
  async function saying<Result>(reading: Promise<Result>): Promise<Result> {
    try {
      return await reading;
    } catch (error) {
      throw explain(error);
    }
  }
  async function* pages(filters: Filters, options: QueryOptions) {
    try {
      yield* filePages(store.sql, buildQuery(filters, options, columns));
    } catch (error) {
      throw explain(error);
    }
  }
  async function* streamFiles(filters: Filters = {}, options: QueryOptions = {}) {
    for await (const page of pages(filters, options)) yield* page;
  }
  async function queryFiles(filters: Filters = {}, options: QueryOptions & { readonly countOnly?: boolean } = {}) {
    if (options.countOnly === true) return saying(countFiles(store.sql, buildConditions(filters, columns)));
    assertBounded(filters, options);
    const rows = [];
    for await (const page of pages(filters, options)) rows.push(...page);
    return rows;
  }
  /** Nothing new would ever come of a misspelt watch; one that is no longer configured still has its groups. */
  async function assertWatch(watchName: string): Promise<void> {
    const configured = project.config.watches.map(({ name }) => name);
    if (configured.includes(watchName)) return;
    const known = [...new Set([...configured, ...(await recordedWatches(store.sql))])];
    if (!known.includes(watchName)) throw unknownName('watch', watchName, known);
  }
  const database = {
    queryFiles,
    streamFiles,
    describeFilters: () => describeFilters(columns),
    getNewFiles: async (options: Parameters<Database['getNewFiles']>[0] = {}) => {
      const { cursor = null, watchName = null, limit = newFilesLimit } = options;
      if (!Number.isSafeInteger(limit) || limit < 1) {
        throw new CarbonationError('USAGE', `the limit ${limit} is not a whole number above 0`, {
          remedy: `leave it out: it is ${newFilesLimit} then`,
        });
      }
      const order = { cursor, watchName, limit, columns: queryColumns(columns) };
      const page = await saying(readNewFiles(store.sql, order));
      if (page.rows.length === 0 && watchName !== null) await saying(assertWatch(watchName));
      return page;
    },
    getServiceStatus: () => saying(readProjectStatus(store.sql, project, systemClock.now())),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
  // Which columns there are follows from the plugin at run time; the caller's model says the same to the compiler.
  return database as unknown as Database<Model>;
}

/** What a block of `await using` returns is asked for when the block is over, unless it is awaited in it. */
function alreadyClosed(cause: unknown): CarbonationError {
  return new CarbonationError('USAGE', 'the database has been closed', {
    remedy: 'await the answer, or read the stream, before `close` and before the end of the block with `await using`',
    cause,
  });
}

function assertBounded(filters: Filters, { limit }: QueryOptions): void {
  if (limit !== undefined || Object.values(filters).some((value) => value !== undefined)) return;
  throw new CarbonationError('USAGE', 'a query without a filter and without a limit would read every row there is', {
    remedy: 'give a filter, `limit` or `countOnly`; `streamFiles` reads every row, one page at a time',
  });
}

/** Runs work with an EntityManager of a project's database; see `session`. */
export async function runSession<Result, Model extends FileModel>(
  configPath: string,
  work: SessionWork<Result, Model>,
): Promise<Result> {
  const { orm, close } = await openStore(await viewProject(configPath));
  try {
    const em = orm.em.fork();
    // The entity of `files` is made when the plugin is known.
    const found = [...orm.getMetadata().getAll().values()].find(({ className }) => className === 'File');
    const File = found?.class as SessionEntities<Model>['File'];
    const core = { FileComponent, GroupTransition, ActorSnapshot, ServiceState, Counter, ComponentTotal, GroupTotal };
    const result = await work(em, { File, ...core });
    await em.flush();
    return result;
  } finally {
    await close();
  }
}
