import { join } from 'node:path';
import { openProject, openStore, type Project } from '../../src/api/index.ts';
import { readProjectStatus } from '../../src/api/health.ts';
import { buildQuery, queryColumns, type Filters, type QueryOptions } from '../../src/api/query.ts';
import { readNewFiles } from '../../src/store/read/cursor.ts';
import { filePages } from '../../src/store/read/file-pages.ts';
import type { GroupStore } from '../../src/store/index.ts';
import { countFiles } from '../../src/store/read/query.ts';
import { onEach } from '../lib/databases.ts';
import type { Line } from '../lib/figures.ts';
import { expectCount } from '../lib/files.ts';
import { fill } from '../lib/fill.ts';
import { definePart, runParts } from '../lib/part.ts';
import { measureCommand, program } from '../lib/process.ts';
import { makeProject } from '../lib/project.ts';
import { percentile } from '../lib/stats.ts';

/** A read that is measured: with the number of its round, so that not each asks the same. */
type Read = (round: number) => Promise<unknown>;

/** Milliseconds of a read, in a line of its own also of the 95th percentile. */
async function timesOf(name: string, rounds: number, read: Read, isGoal = false): Promise<Line[]> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await read(round);
    values.push(performance.now() - start);
  }
  const tail = { name: `${name}, p95`, unit: 'ms', values: [percentile(values, 0.95)] };
  return [{ name, unit: 'ms', values }, isGoal ? { ...tail, goal: { below: 300 } } : tail];
}

/** The reads, by name; those with a goal are what a person waits for. */
function readsOf({
  store,
  project,
  now,
}: {
  readonly store: GroupStore;
  readonly project: Project;
  readonly now: number;
}) {
  const { columns } = project.plugin.fileModel;
  const all = queryColumns(columns);
  const page = async (filters: Filters, options: QueryOptions) => {
    for await (const rows of filePages(store.sql, buildQuery(filters, options, columns))) void rows;
  };
  const withGoal: Readonly<Record<string, Read>> = {
    status: () => readProjectStatus(store.sql, project, now),
  };
  const others: Readonly<Record<string, Read>> = {
    'one category, 50 rows': (i) => page({ category: `c${i % 20}` }, { limit: 50 }),
    'one category, the latest 50': (i) => page({ category: `c${i % 20}` }, { limit: 50, orderBy: '-created_at' }),
    'one watch, failed, the latest 50': (i) =>
      page({ watch_name: `watch-${i % 3}`, state: 'failed' }, { limit: 50, orderBy: '-created_at' }),
    'a day of 2 years by start and stop, 50 rows': (i) =>
      page(
        { _daterange: [now - (i + 2) * 86_400_000, now - (i + 1) * 86_400_000].map((at) => new Date(at)) },
        { limit: 50 },
      ),
    'count of one category': (i) =>
      countFiles(store.sql, buildQuery({ category: `c${i % 20}` }, {}, columns).conditions),
    'getNewFiles, two pages of one row': async () => {
      const last = await readNewFiles(store.sql, { cursor: null, watchName: 'watch-1', limit: 1, columns: all });
      await readNewFiles(store.sql, { cursor: last.cursor, watchName: 'watch-1', limit: 1, columns: all });
    },
  };
  return { withGoal, others };
}

async function reads(project: Project, count: number, rounds: number): Promise<Line[]> {
  const { store, close } = await openStore(project);
  const now = Date.now();
  try {
    await fill(store.sql, now, count);
    const everything = buildQuery({}, { limit: count }, project.plugin.fileModel.columns);
    expectCount('groups on record', await countFiles(store.sql, everything.conditions), count);
    const { withGoal, others } = readsOf({ store, project, now });
    const lines: Line[] = [];
    for (const [name, read] of Object.entries(withGoal)) lines.push(...(await timesOf(name, rounds, read, true)));
    for (const [name, read] of Object.entries(others)) lines.push(...(await timesOf(name, rounds, read)));
    return lines;
  } finally {
    await close();
  }
}

/** The export of all groups as a process of its own; what it writes is thrown away as it comes. */
async function exportCsv(directory: string, count: number, orderBy: string): Promise<Line[]> {
  let rows = -1;
  const { seconds, peak } = await measureCommand(
    process.execPath,
    [program.bin, 'query', 'files', '--format', 'csv', `--order-by=${orderBy}`],
    {
      cwd: directory,
      take(chunk) {
        for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows += 1;
      },
    },
  );
  expectCount('rows of the export', rows, count);
  return [
    { name: `CSV of all groups by ${orderBy}`, unit: 's', values: [seconds] },
    { name: `CSV of all groups by ${orderBy}, peak resident`, unit: 'MB', values: [peak], goal: { below: 200 } },
  ];
}

/** What is asked of a large database. */
export const query = definePart({
  name: 'query',
  title: 'queries, `status` and the CSV export on a large database',
  defaults: { components: 1_000_000, rounds: 40 },
  measure: ({ settings: { components, rounds }, fresh, say }) =>
    onEach(
      (driver) => `${fresh(driver)}.db`,
      async (database) => {
        say(`${components} groups on ${database.driver}`);
        const directory = fresh(database.driver);
        makeProject(directory, { database });
        const project = await openProject(join(directory, 'config.toml'), process.env);
        const lines = [
          ...(await reads(project, components, rounds)),
          ...(await exportCsv(directory, components, 'id')),
          ...(await exportCsv(directory, components, '-stop')),
        ];
        return lines.map((line) => ('name' in line ? { ...line, name: `${database.driver}: ${line.name}` } : line));
      },
    ),
});

if (import.meta.main) await runParts([query]);
