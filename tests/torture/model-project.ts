import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openProject } from '../../src/api/index.ts';
import { runService, type RunReport } from '../../src/service/index.ts';
import { silentLog } from '../support/log.ts';
import { otherFileSystem } from '../support/mount.ts';
import { DeliveryModel } from './delivery-model.ts';
import { emptyDatabase } from './life.ts';

/** What is done with the files of a model's project. */
export interface ModelKind {
  readonly action: 'copy' | 'move';
  /** The archive is on another file system. */
  readonly isAcross: boolean;
}

const plugin = fileURLToPath(new URL('../../plugin-template', import.meta.url));

/** A project whose deliveries a {@link DeliveryModel} makes. */
export class ModelProject {
  readonly directory: string;
  readonly model: DeliveryModel;
  readonly #archive: string;

  private constructor(kind: ModelKind) {
    this.directory = mkdtempSync(join(tmpdir(), 'carbonation-model-'));
    this.#archive = kind.isAcross
      ? join(otherFileSystem, this.directory.replaceAll('/', '_'))
      : join(this.directory, 'archive');
    const delivery = join(this.directory, 'delivery');
    for (const path of [delivery, this.#archive]) mkdirSync(path);
    writeFileSync(join(this.directory, 'config.toml'), configOf(kind, this.#archive));
    this.model = new DeliveryModel(
      { delivery, staging: join(this.directory, 'staging'), archive: this.#archive, database: this.#database },
      kind.action === 'move' && !kind.isAcross,
    );
    this.setRules(false);
  }

  static async create(kind: ModelKind): Promise<ModelProject> {
    const project = new ModelProject(kind);
    copyFileSync(await emptyDatabase(project.directory), project.#database);
    return project;
  }

  get configPath(): string {
    return join(this.directory, 'config.toml');
  }

  get #database(): string {
    return join(this.directory, 'carbonation.db');
  }

  /** @param refusesB - groups whose key begins with `b` are not archived */
  setRules(refusesB: boolean): void {
    writeFileSync(join(this.directory, 'rules.toml'), rulesOf(refusesB));
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

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(this.#archive, { recursive: true, force: true });
  }
}

function configOf({ action }: ModelKind, archive: string): string {
  return `
[service]
workers = 2
poll_interval = "0.1s"
[logging]
level = "WARNING"
[database]
drivername = "sqlite"
name = "carbonation.db"
[plugins]
package = ${JSON.stringify(plugin)}
[rules]
file = "rules.toml"
[[watch]]
name = "watch"
path = "delivery"
rules = "rules"
settle_seconds = 0.05
archive = "archive"
[[archive]]
name = "archive"
base_path = ${JSON.stringify(archive)}
destination = "{category}"
action = "${action}"
`;
}

function rulesOf(refusesB: boolean): string {
  return `
[rules]
[rules.completeness]
group_by = "stem"
expected_extensions = [".txt", ".json"]
primary_extension = ".json"
[rules.metadata]
extract = "sample"
${refusesB ? '[[rules.selection]]\nfield = [{ name = "source", not_matches = ["^b"] }]' : ''}
`;
}
