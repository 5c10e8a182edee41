import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { initDatabase, openProject } from '../../src/api/index.ts';
import { systemClock, type Clock } from '../../src/core/index.ts';
import type { Log } from '../../src/logging/index.ts';
import { runService, type RunReport } from '../../src/service/index.ts';
import { silentLog } from '../support/log.ts';
import { otherFileSystem } from '../support/mount.ts';

/** The stages of a life: the first delivery of its two files, and other content under the same names. */
export const stages = ['delivery', 're-delivery'] as const;
export type Stage = (typeof stages)[number];

/** What is done with a group of two files. */
export interface LifeKind {
  readonly action: 'copy' | 'move' | 'hardlink' | 'symlink';
  readonly onConflict: 'keep_both' | 'replace';
  /** The archive is on another file system. */
  readonly isAcross: boolean;
  /** Somebody else's files have the names in the archive already. */
  readonly isTaken: boolean;
  /** A plugin reads the metadata that the destination is made of. */
  readonly extracts: boolean;
}

const plain = { action: 'copy', onConflict: 'keep_both', isAcross: false, isTaken: false, extracts: false } as const;

/** The lives that are put to the test, by name. */
export const lives: Readonly<Record<string, LifeKind>> = {
  copy: { ...plain, extracts: true },
  move: { ...plain, action: 'move' },
  'move across': { ...plain, action: 'move', isAcross: true },
  'name taken': { ...plain, isTaken: true },
  replace: { ...plain, onConflict: 'replace', isTaken: true },
  hardlink: { ...plain, action: 'hardlink' },
  symlink: { ...plain, action: 'symlink' },
};

/** The lives of which every point counts; the others differ from them in what they change only. */
export const wholeLives: ReadonlySet<string> = new Set(['copy', 'move', 'move across']);

/** A delivered state of a file. */
export interface Delivered {
  readonly stage: string;
  readonly name: string;
  readonly sha256: string;
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The long one is written in several pieces. */
const contents: Readonly<Record<Stage, Readonly<Record<string, string>>>> = {
  delivery: { 'g.json': metadata('first'), 'g.txt': 'the first text '.repeat(80_000) },
  're-delivery': { 'g.json': metadata('second'), 'g.txt': 'the second text' },
};

function metadata(source: string): string {
  return JSON.stringify({ start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'kept', source });
}

/** What other programs have put where the group's files go: other content, and in one case what will be delivered later. */
function foreignOf({ isTaken, onConflict }: LifeKind): Readonly<Record<string, string>> {
  if (!isTaken) return {};
  const later = contents['re-delivery']['g.json'] ?? '';
  return { 'g.json': onConflict === 'keep_both' ? later : 'not of this delivery', 'g.txt': 'nor is this' };
}

const plugin = fileURLToPath(new URL('../../plugin-template', import.meta.url));

/** One group's life in a directory of its own: its project, what has been delivered, and runs of the service. */
export class Life {
  readonly kind: LifeKind;
  readonly directory: string;
  readonly archive: string;

  private constructor(kind: LifeKind, directory: string) {
    this.kind = kind;
    this.directory = directory;
    this.archive = kind.isAcross ? join(otherFileSystem, directory.replaceAll('/', '_')) : join(directory, 'archive');
  }

  /** A life that has been made already, maybe by another process. */
  static at(name: string, directory: string): Life {
    const kind = lives[name];
    if (kind === undefined) throw new Error(`there is no life "${name}"`);
    return new Life(kind, directory);
  }

  /** A new life, with an empty database. */
  static async make(name: string): Promise<Life> {
    const life = Life.at(name, mkdtempSync(join(tmpdir(), 'carbonation-life-')));
    mkdirSync(life.delivery);
    mkdirSync(life.archive);
    writeFileSync(join(life.directory, 'config.toml'), life.#config());
    writeFileSync(join(life.directory, 'rules.toml'), life.#rules());
    copyFileSync(await emptyDatabase(life.directory), life.database);
    if (life.kind.isTaken) {
      mkdirSync(life.destination, { recursive: true });
      for (const [file, content] of Object.entries(foreignOf(life.kind)))
        writeFileSync(join(life.destination, file), content);
    }
    return life;
  }

  get delivery(): string {
    return join(this.directory, 'delivery');
  }

  get destination(): string {
    return join(this.archive, 'kept');
  }

  get database(): string {
    return join(this.directory, 'carbonation.db');
  }

  /** What has been delivered so far, in order. */
  get delivered(): readonly Delivered[] {
    const path = join(this.directory, 'delivered');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line): Delivered => JSON.parse(line));
  }

  /** SHA-256 of the files that other programs have put into the archive. */
  get foreign(): readonly string[] {
    return Object.values(foreignOf(this.kind)).map((content) => sha256(content));
  }

  /** Delivers a stage's files and waits until they have been at rest for the settle time. */
  async deliver(stage: Stage): Promise<void> {
    for (const [name, content] of Object.entries(contents[stage])) {
      const delivered: Delivered = { stage, name, sha256: sha256(content) };
      appendFileSync(join(this.directory, 'delivered'), `${JSON.stringify(delivered)}\n`);
      this.#put(name, content);
    }
    const [newest] = Object.keys(contents[stage])
      .map((name) => statSync(join(this.delivery, name)).ctimeMs)
      .toSorted((a, b) => b - a);
    while (Date.now() - (newest ?? 0) < settleMs * 2) await wait(5);
  }

  /** In place; where the archive has the very file, as a new one, as it must be done there. */
  #put(name: string, content: string): void {
    const path = join(this.delivery, name);
    if (this.kind.action !== 'hardlink') return writeFileSync(path, content);
    writeFileSync(join(this.directory, name), content);
    renameSync(join(this.directory, name), path);
  }

  /** Runs the service until everything pending or due is done. */
  async run(options: { clock?: Clock; log?: Log } = {}): Promise<RunReport> {
    return runService(await openProject(join(this.directory, 'config.toml'), {}), {
      once: true,
      dryRun: false,
      log: options.log ?? silentLog,
      signal: AbortSignal.timeout(longestRunMs),
      clock: options.clock ?? systemClock,
    });
  }

  /**
   * A run that could not say that it has ended has, with its process; here the
   * process lives on, and would be taken for one that still holds the database.
   */
  forgetHolder(): void {
    const database = new DatabaseSync(this.database, { timeout: 5000 });
    database.exec('update service_state set instance = null, pid = null');
    database.close();
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(this.archive, { recursive: true, force: true });
  }

  #config(): string {
    const { kind } = this;
    return `
[service]
workers = 1
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
settle_seconds = ${settleMs / 1000}
archive = "archive"
[[archive]]
name = "archive"
base_path = ${JSON.stringify(this.archive)}
destination = "${kind.extracts ? '{category}' : 'kept'}"
action = "${kind.action}"
on_conflict = "${kind.onConflict}"
`;
  }

  #rules(): string {
    return `
[rules]
[rules.completeness]
group_by = "stem"
expected_extensions = [".txt", ".json"]
primary_extension = ".json"
${this.kind.extracts ? '[rules.metadata]\nextract = "sample"' : ''}
`;
  }
}

const settleMs = 20;

/** A run takes a fraction of a second; one that does not end by itself goes round in circles. */
const longestRunMs = 30_000;

let template: Promise<string> | null = null;

/**
 * A database with its tables, made once a process: applying the migrations takes longer than a run.
 *
 * @param directory - of a project whose database has not been made
 */
export function emptyDatabase(directory: string): Promise<string> {
  template ??= (async () => {
    const made = join(directory, 'carbonation.db');
    await initDatabase(await openProject(join(directory, 'config.toml'), {}));
    const kept = mkdtempSync(join(tmpdir(), 'carbonation-template-'));
    process.once('exit', () => rmSync(kept, { recursive: true, force: true }));
    const path = join(kept, 'empty.db');
    copyFileSync(made, path);
    for (const ending of ['', '-wal', '-shm']) rmSync(made + ending, { force: true });
    return path;
  })();
  return template;
}
