import { copyFile, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { initDatabase, openProject, openStore, type OpenStore, type Project } from '../../src/api/index.ts';
import type { DatabaseConfig, DriverName } from '../../src/config/types.ts';
import { scaffold } from '../../src/scaffold/index.ts';
import { runService, type RunOptions, type RunReport } from '../../src/service/index.ts';
import { fileMark, type Sql } from '../../src/store/index.ts';
import { shiftedClock } from './clock.ts';
import { makeDatabase } from './databases.ts';
import { collectLog, type CollectedLog } from './log.ts';
import { databaseToml } from './servers.ts';

export { collectLog, shiftedClock };

/** After how long it is looked again whether something holds, in ms: what takes long is not asked for all the time. */
function nextLookMs(waitedMs: number): number {
  return Math.min(20, Math.max(2, waitedMs / 50));
}

/** Waits until `holds` gives something other than false, null or undefined. */
export async function until<Value>(
  what: string,
  holds: () => Promise<Value | null | undefined | false> | Value | null | undefined | false,
  timeoutMs = 15_000,
): Promise<Value> {
  const start = performance.now();
  for (;;) {
    const value = await holds();
    if (value !== null && value !== undefined && value !== false) return value;
    const waitedMs = performance.now() - start;
    if (waitedMs > timeoutMs) throw new Error(`still not true after ${timeoutMs} ms: ${what}`);
    // Not at once: what is waited for has its work done by this core, too.
    await new Promise((resolve) => setTimeout(resolve, nextLookMs(waitedMs)));
  }
}

/** config.toml with another `[database]`. */
export function withDatabase(config: string, database: DatabaseConfig): string {
  return config.replace(/^\[database\]\n[^]*?^(?=\[)/m, () => databaseToml(database));
}

/** A little more than the watch's `settle_seconds`. */
const settleMs = 60;

/** A service that runs until it is stopped. */
export interface RunningService {
  readonly log: CollectedLog;
  readonly report: Promise<RunReport>;
  readonly reload: EventTarget;
  stop(): Promise<RunReport>;
}

/** A scaffolded project that no test changes, with an empty database. */
function sharedProject(): string {
  return join(inject('program').directory, 'project');
}

/** A scaffolded project in a temporary directory, changed for the test. */
export class TestProject {
  readonly directory: string;
  #asCreated: Project | null = null;
  #opened: { readonly mark: string; readonly store: OpenStore } | null = null;
  #deliveredAt = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * @param edit - changes of config.toml, rules.toml and the plugin's modules before anything is loaded; `database`: on a new one of that
   *   driver instead of the project's own SQLite file
   */
  static async create(
    edit: {
      config?: (text: string) => string;
      rules?: (text: string) => string;
      extractors?: string;
      plugin?: string;
      database?: DriverName;
    } = {},
  ) {
    const directory = await mkdtemp(join(tmpdir(), 'carbonation-test-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await scaffold({ directory, systemd: false, user: null });
    const project = new TestProject(directory);
    // Real rest, but not two seconds of it.
    await project.edit('config.toml', (text) => text.replace(/settle_seconds = 2\.0/, 'settle_seconds = 0.05'));
    if (edit.database !== undefined) {
      const database = await makeDatabase(edit.database);
      onTestFinished(() => database.drop());
      await project.edit('config.toml', (text) => withDatabase(text, database.config));
    }
    onTestFinished(() => project.#opened?.store.close());
    if (edit.config !== undefined) await project.edit('config.toml', edit.config);
    if (edit.rules !== undefined) await project.edit('rules.toml', edit.rules);
    if (edit.extractors !== undefined) await writeFile(project.path('my_plugin/src/extractors.ts'), edit.extractors);
    if (edit.plugin !== undefined) await writeFile(project.path('my_plugin/src/index.ts'), edit.plugin);
    if (edit.extractors === undefined && edit.plugin === undefined) await project.#sharePlugin();
    project.#asCreated = await project.open();
    const { config, location } = project.#asCreated;
    const { driver, name } = config.database;
    if (driver === 'sqlite' && location.directory.startsWith(sharedProject()))
      await copyFile(join(sharedProject(), 'carbonation.db'), name);
    else await initDatabase(project.#asCreated);
    return project;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Uses the one plugin of all unchanged projects: TypeScript is compiled once for a path. */
  async #sharePlugin(): Promise<void> {
    await rm(this.path('my_plugin'), { recursive: true });
    await symlink(join(sharedProject(), 'my_plugin'), this.path('my_plugin'));
  }

  async edit(name: string, change: (text: string) => string): Promise<void> {
    if (name.startsWith('my_plugin/')) throw new Error('what many projects share is not edited: give it to create()');
    const before = await readFile(this.path(name), 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`the change of ${name} changes nothing`);
    await writeFile(this.path(name), after);
  }

  open(): Promise<Project> {
    return openProject(this.path('config.toml'), {});
  }

  /** Puts a file into `delivery/`. */
  async deliver(name: string, content: string | Uint8Array): Promise<string> {
    const path = this.path(`delivery/${name}`);
    await writeFile(path, content);
    this.#deliveredAt = performance.now();
    return path;
  }

  /** Delivers a complete group of the sample rule set. */
  async deliverGroup(
    stem: string,
    metadata: Readonly<Record<string, unknown>> = {},
    text = `the text of ${stem}`,
  ): Promise<void> {
    const sample = {
      start: '2026-01-01T00:00:00Z',
      stop: '2026-01-01T01:00:00Z',
      category: 'alpha',
      source: stem,
      ...metadata,
    };
    // One right after the other: they come to rest together.
    writeFileSync(this.path(`delivery/${stem}.json`), JSON.stringify(sample));
    writeFileSync(this.path(`delivery/${stem}.txt`), text);
    this.#deliveredAt = performance.now();
  }

  async runOnce(options: Partial<RunOptions> = {}): Promise<RunReport & { readonly log: CollectedLog }> {
    const log = collectLog();
    const opened = await this.open();
    // Files of which one is just at rest and the other is not would be taken one after the other.
    await until('what was delivered is at rest', () => performance.now() - this.#deliveredAt > settleMs);
    const report = await runService(opened, {
      once: options.dryRun !== true,
      dryRun: false,
      log,
      signal: new AbortController().signal,
      ...options,
    });
    return { ...report, log };
  }

  /** Starts the service and waits until it is ready. */
  async start(options: Partial<RunOptions> = {}): Promise<RunningService> {
    const log = collectLog();
    const abort = new AbortController();
    const reload = new EventTarget();
    const report = runService(await this.open(), {
      once: false,
      dryRun: false,
      log,
      signal: abort.signal,
      reload,
      ...options,
    });
    const stop = () => {
      abort.abort();
      return report;
    };
    onTestFinished(async () => {
      await stop().catch(() => undefined);
    });
    await Promise.race([
      until('the service is ready', () => log.lines.some((line) => line.startsWith('SUCCESS ready'))),
      report,
    ]);
    return { log, report, reload, stop };
  }

  /** Paths of the files in `archive/`, sorted, relative to it. */
  async archived(): Promise<readonly string[]> {
    return listFiles(this.path('archive'));
  }

  /** Runs a statement on the project's database. */
  async run(sql: string): Promise<void> {
    await (await this.#database()).run(sql);
  }

  /** Rows of a query on the project's database. */
  async rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.#database()).all(sql);
  }

  /** Makes nonsense of the first page of a table or an index in the SQLite file. */
  async damage(name: string): Promise<void> {
    const [found] = await this.rows(`select rootpage from sqlite_master where name = '${name}'`);
    const [page] = await this.rows('pragma page_size');
    const size = Number(page?.['page_size']);
    await this.rows('pragma wal_checkpoint(truncate)');
    const file = await open(this.path('carbonation.db'), 'r+');
    await file.write(Buffer.alloc(size, 0xff), 0, size, (Number(found?.['rootpage']) - 1) * size);
    await file.close();
  }

  /** A connection of the test's own; another one when another file is in the place of SQLite's. */
  async #database(): Promise<Sql> {
    const project = this.#asCreated ?? (await this.open());
    const { driver, name } = project.config.database;
    const mark = driver === 'sqlite' ? await fileMark(name) : name;
    if (this.#opened?.mark !== mark) {
      await this.#opened?.store.close();
      this.#opened = { mark, store: await openStore(project) };
    }
    return this.#opened.store.store.sql;
  }
}

/** Every file below a directory, hidden ones too, relative to it and sorted. */
export async function listFiles(directory: string): Promise<readonly string[]> {
  if (!existsSync(directory)) return [];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .toSorted();
}
