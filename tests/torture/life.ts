import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openProject } from '../../src/api/index.ts';
import { systemClock, type Clock } from '../../src/core/index.ts';
import type { Log } from '../../src/logging/index.ts';
import { runService, type RunReport } from '../../src/service/index.ts';
import { hurriedClock } from '../support/clock.ts';
import { collectLog, silentLog, type CollectedLog } from '../support/log.ts';
import { otherFileSystem } from '../support/mount.ts';
import { databaseFor, type TortureDatabase } from './databases.ts';
import { settings } from './figures.ts';
import type { ComponentRow } from './component-rows.ts';

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

/** A live service in this process. */
export interface LivingService {
  readonly log: CollectedLog;
  /** How it has ended; null: it has not. */
  ended: string | null;
  /** Ends it; how it has ended. */
  stop(): Promise<string>;
}

/** One group's life in a directory of its own: its project, what has been delivered, and runs of the service. */
export class Life {
  readonly kind: LifeKind;
  readonly directory: string;
  readonly archive: string;
  readonly #database: TortureDatabase | null;

  private constructor(kind: LifeKind, directory: string, database: TortureDatabase | null) {
    this.kind = kind;
    this.#database = database;
    this.directory = directory;
    this.archive = kind.isAcross ? join(otherFileSystem, directory.replaceAll('/', '_')) : join(directory, 'archive');
  }

  /** A life that another process has made, and looks at. */
  static at(name: string, directory: string): Life {
    return new Life(kindOf(name), directory, null);
  }

  /** A new life, with an empty database. */
  static async make(name: string): Promise<Life> {
    const directory = mkdtempSync(join(tmpdir(), 'carbonation-life-'));
    const database = await databaseFor(settings.database, directory);
    const life = new Life(kindOf(name), directory, database);
    mkdirSync(life.delivery);
    mkdirSync(life.archive);
    writeFileSync(life.configPath, life.#config(database));
    life.#writeRules(60);
    await database.make(life.configPath);
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

  get configPath(): string {
    return join(this.directory, 'config.toml');
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
      await this.#put(name, content);
    }
    const end = Date.now() + settleMs * 2;
    while (Date.now() < end) await wait(5);
  }

  /** In place; where the archive has the very file, as a new one, as it must be done there. */
  async #put(name: string, content: string): Promise<void> {
    const path = join(this.delivery, name);
    if (this.kind.action !== 'hardlink') return writeFileSync(path, content);
    writeFileSync(join(this.directory, name), content);
    // Neither this call nor the others are points: they are not the service's.
    await rename(join(this.directory, name), path);
  }

  /** Runs the service until everything pending or due is done; where the live service runs, it does that. */
  async run(options: { clock?: Clock; log?: Log } = {}): Promise<RunReport> {
    return runService(await openProject(this.configPath, {}), {
      once: true,
      dryRun: false,
      log: options.log ?? silentLog,
      signal: AbortSignal.timeout(longestRunMs),
      clock: options.clock ?? systemClock,
    });
  }

  /** Starts the live service in this process. */
  start(log = collectLog()): LivingService {
    const abort = new AbortController();
    const service: LivingService = {
      log,
      ended: null,
      stop: () => {
        abort.abort();
        return ended;
      },
    };
    const ended = openProject(this.configPath, {})
      .then((project) => runService(project, { once: false, dryRun: false, log, signal: abort.signal, clock: hasty }))
      .then(
        ({ failure }) => failure ?? 'stopped',
        (error: unknown) => String(error),
      )
      .then((how) => (service.ended = how));
    return service;
  }

  /** A live service sees a stage's files come, archives them, takes up other rules, and is asked to reconcile. */
  async seeLive(stage: Stage): Promise<void> {
    const service = this.start();
    const said = async (what: string) => {
      while (service.log.said(what) === 0) {
        if (service.ended !== null) throw new Error(`the service has ended with ${service.ended}, not said: ${what}`);
        await wait(2);
      }
    };
    await said('SUCCESS ready');
    await this.deliver(stage);
    await said('SUCCESS archived');
    this.#writeRules(stage === 'delivery' ? 61 : 62);
    await said('SUCCESS new rules are in force');
    await this.run();
    await service.stop();
  }

  /** What the database has. */
  rows(): Promise<readonly ComponentRow[]> {
    return this.#known().rows();
  }

  #known(): TortureDatabase {
    if (this.#database === null) throw new Error('who has made a life looks at its database');
    return this.#database;
  }

  /**
   * A run that could not say that it has ended has, with its process; here the
   * process lives on, and would be taken for one that still holds the database.
   */
  async forgetHolder(): Promise<void> {
    await this.#known().run('update service_state set instance = null, pid = null');
  }

  async remove(): Promise<void> {
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(this.archive, { recursive: true, force: true });
    await this.#database?.remove();
  }

  #config({ toml }: TortureDatabase): string {
    const { kind } = this;
    return `
[service]
workers = 1
${settings.isLive ? soon : ''}
${toml}
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

  #writeRules(timeoutMinutes: number): void {
    const text = `
[rules]
[rules.completeness]
group_by = "stem"
expected_extensions = [".txt", ".json"]
primary_extension = ".json"
timeout_minutes = ${timeoutMinutes}
${this.kind.extracts ? '[rules.metadata]\nextract = "sample"' : ''}
`;
    writeFileSync(join(this.directory, 'rules.toml'), text);
  }
}

function kindOf(name: string): LifeKind {
  const kind = lives[name];
  if (kind === undefined) throw new Error(`there is no life "${name}"`);
  return kind;
}

/** What is done a minute later is done in three seconds. */
const hasty = hurriedClock(60_000, 3000);

/** A live service looks and tries again soon, and does not give up. */
const soon = `
poll_interval = "0.1s"
heartbeat_interval = "0.2s"
retry_delay = "0.2s"
max_retries = 1000
`;

const settleMs = 20;

/** A run takes a fraction of a second; one that does not end by itself goes round in circles. */
const longestRunMs = 30_000;
