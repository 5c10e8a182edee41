import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openProject } from '../../src/api/index.ts';
import type { DriverName } from '../../src/config/types.ts';
import { runService, type RunReport } from '../../src/service/index.ts';
import { silentLog } from '../support/log.ts';
import { otherFileSystem } from '../support/mount.ts';
import { databaseFor, type TortureDatabase } from './databases.ts';
import { DeliveryModel } from './delivery-model.ts';
import type { ComponentRow } from './component-rows.ts';

/** What is done with the files of a model's project, and where that is recorded. */
export interface ModelKind {
  readonly action: 'copy' | 'move';
  /** The archive is on another file system. */
  readonly isAcross: boolean;
  readonly driver: DriverName;
  /** The `action` is changed between two runs. */
  readonly changes?: boolean;
}

/** What rules.toml says. */
export interface ModelRules {
  /** Groups whose key begins with `b` are not archived. */
  readonly refusesB: boolean;
  /** Files are archived elsewhere. */
  readonly isElsewhere: boolean;
  /** Files of different directories are one group. */
  readonly isAcross: boolean;
}

/** The rules of a project at first. */
export const firstRules: ModelRules = { refusesB: false, isElsewhere: false, isAcross: false };

/** What is done with files, where that is changed. */
export const changingActions = ['copy', 'move', 'hardlink'] as const;
export type ChangingAction = (typeof changingActions)[number];

/** Every kind on each of these databases. */
export function modelKinds(drivers: readonly DriverName[]): readonly ModelKind[] {
  return drivers.flatMap((driver): readonly ModelKind[] => [
    { action: 'copy', isAcross: false, driver },
    { action: 'move', isAcross: false, driver },
    { action: 'move', isAcross: true, driver },
    { action: 'copy', isAcross: false, driver, changes: true },
  ]);
}

const plugin = fileURLToPath(new URL('../../plugin-template', import.meta.url));

/** A project whose deliveries a {@link DeliveryModel} makes. */
export class ModelProject {
  readonly directory: string;
  readonly model: DeliveryModel;
  readonly #kind: ModelKind;
  readonly #archive: string;
  readonly #elsewhere: string;
  readonly #database: TortureDatabase;

  private constructor(kind: ModelKind, directory: string, database: TortureDatabase) {
    this.directory = directory;
    this.#database = database;
    this.#kind = kind;
    this.#archive = kind.isAcross ? join(otherFileSystem, directory.replaceAll('/', '_')) : join(directory, 'archive');
    this.#elsewhere = `${this.#archive}-elsewhere`;
    const delivery = join(directory, 'delivery');
    const archives = [this.#archive, this.#elsewhere];
    for (const path of [delivery, ...archives]) mkdirSync(path);
    this.configure(kind.action);
    this.model = new DeliveryModel(
      { delivery, staging: join(directory, 'staging'), archives, rows: database.rows },
      (kind.action === 'move' && !kind.isAcross) || kind.changes === true,
    );
    this.setRules(firstRules);
  }

  static async create(kind: ModelKind): Promise<ModelProject> {
    const directory = mkdtempSync(join(tmpdir(), 'carbonation-model-'));
    const database = await databaseFor(kind.driver, directory);
    const project = new ModelProject(kind, directory, database);
    await database.make(project.configPath);
    return project;
  }

  get configPath(): string {
    return join(this.directory, 'config.toml');
  }

  /** Takes a directory away for a while, as a disk that is not mounted. */
  async takeAway(what: 'delivery' | 'archive', ms: number): Promise<void> {
    const path = what === 'archive' ? this.#archive : join(this.directory, what);
    // One that has nothing yet may be made at any moment.
    if (what === 'archive' && !(await this.#database.rows()).some((row) => row.in_archive)) return;
    renameSync(path, `${path}-away`);
    await wait(ms);
    renameSync(`${path}-away`, path);
  }

  /** Breaks the connections to the database. */
  disturbDatabase(): Promise<void> {
    return this.#database.disturb();
  }

  /** Takes the rights to a path away for a while. */
  async forbid(what: 'delivery' | 'archive' | 'kept' | `delivery/${string}`, ms: number): Promise<void> {
    const inArchive = { archive: this.#archive, kept: join(this.#archive, 'kept') };
    const path = what === 'archive' || what === 'kept' ? inArchive[what] : join(this.directory, what);
    if (!existsSync(path)) return;
    const { mode } = statSync(path);
    chmodSync(path, 0);
    await wait(ms);
    if (existsSync(path)) chmodSync(path, mode & 0o777);
  }

  rows(): Promise<readonly ComponentRow[]> {
    return this.#database.rows();
  }

  setRules(rules: ModelRules): void {
    writeFileSync(join(this.directory, 'rules.toml'), rulesOf(rules));
  }

  /** Rules that cannot be read, for a while. */
  async breakRules(rules: ModelRules, ms: number): Promise<void> {
    writeFileSync(join(this.directory, 'rules.toml'), '[rules]\ncompleteness = 1\n[');
    await wait(ms);
    this.setRules(rules);
  }

  configure(action: ChangingAction): void {
    writeFileSync(this.configPath, configOf(action, [this.#archive, this.#elsewhere], this.#database.toml));
  }

  /** Whether the `action` may be changed. */
  get isChanging(): boolean {
    return this.#kind.changes === true;
  }

  /** Everything pending or due is done: by the service that runs, or by this process. */
  async runOnce(): Promise<RunReport> {
    return runService(await openProject(this.configPath, {}), {
      once: true,
      dryRun: false,
      log: silentLog,
      signal: AbortSignal.timeout(60_000),
    });
  }

  async remove(): Promise<void> {
    await this.#database.remove();
    rmSync(this.directory, { recursive: true, force: true });
    for (const path of [this.#archive, this.#elsewhere]) rmSync(path, { recursive: true, force: true });
  }
}

function configOf(action: ChangingAction, [archive, elsewhere]: readonly [string, string], database: string): string {
  return `
[service]
workers = 2
poll_interval = "0.1s"
retry_delay = "0.2s"
max_retries = 1000
[logging]
level = "WARNING"
${database}
[plugins]
package = ${JSON.stringify(plugin)}
[rules]
file = "rules.toml"
[[watch]]
name = "watch"
path = "delivery"
recursive = true
rules = "rules"
settle_seconds = 0.05
archive = "archive"
[[archive]]
name = "archive"
base_path = ${JSON.stringify(archive)}
destination = "{category}"
action = "${action}"
[[archive]]
name = "elsewhere"
base_path = ${JSON.stringify(elsewhere)}
destination = "{category}/{start:%Y}"
action = "${action}"
`;
}

function rulesOf({ refusesB, isElsewhere, isAcross }: ModelRules): string {
  return `
[rules]
${isElsewhere ? 'archive = "elsewhere"' : ''}
[rules.completeness]
group_by = "stem"
expected_extensions = [".txt", ".json"]
primary_extension = ".json"
across_directories = ${isAcross}
[rules.metadata]
extract = "sample"
${refusesB ? '[[rules.selection]]\nfield = [{ name = "source", not_matches = ["^b"] }]' : ''}
`;
}
