/**
 * Databases of many groups in little time: groups that the service itself has recorded, a few of each kind, are repeated
 * row by row, each time with a key, with files and with identities of its own. What the service then reads is what it
 * would have written.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openProject, openStore } from '../../src/api/index.ts';
import { identityOf, stableKey, type FileIdentity } from '../../src/core/index.ts';
import type { Row, Sql } from '../../src/store/database/sql.ts';
import { nativeSqlite } from '../../src/store/database/orm.ts';
import { PreparedRows, type NativeDatabase } from '../../src/store/database/prepared.ts';
import { recountTotals } from '../../src/store/commit/totals.ts';

/** The directory of a watch in which groups to be repeated are delivered: its name is exchanged in all that is on record. */
export const modelDirectory = 'model-of-all';

/** The stem of the files of a group to be repeated; exchanged, too. */
export function modelStem(kind: string): string {
  return `model-of-${kind}`;
}

/** The path below its watch, without an extension, of a repeated group: its key, if groups are made by stem. */
export function repeatedKey(kind: string, i: number, perDirectory: number): string {
  return join(`d${Math.floor(i / perDirectory)}`, `${kind}-${i}`);
}

/** What is repeated how often. */
export interface Repeat {
  /** The kind of group, as {@link modelStem} takes it. */
  readonly kind: string;
  /** The directory of its watch. */
  readonly delivery: string;
  readonly groups: number;
  /** Groups in one directory. */
  readonly perDirectory: number;
}

/** Tables with the rows of a group, and those of their columns that the database fills in. */
const tables = { files: [], file_components: ['id'], actor_snapshots: [], group_transitions: ['id'] } as const;
/** Groups written in one transaction. Each group began a millisecond after the one before it. */
const batchSize = 1000;

interface RepeatedGroup {
  readonly id: number;
  /** How much earlier than the model's its first file was seen, in ms. */
  readonly earlierMs: number;
  readonly directory: string;
  readonly stem: string;
  /** Of its files in delivery, by the path of the model's. */
  readonly identities: ReadonlyMap<string, FileIdentity>;
}

/** A group on record, and how to say the same of another one. */
class Model {
  readonly #stem: string;
  readonly #rows: ReadonlyMap<keyof typeof tables, readonly Row[]>;
  /** The last number in the order of completion that was given out. */
  #completion: number;

  private constructor(kind: string, rows: ReadonlyMap<keyof typeof tables, readonly Row[]>, completion: number) {
    this.#stem = modelStem(kind);
    this.#rows = rows;
    this.#completion = completion;
  }

  static async read(sql: Sql, kind: string): Promise<Model> {
    const key = join(modelDirectory, modelStem(kind));
    // A file that is a group of its own keeps its extension in the key.
    const found = await sql.all('select * from files where group_key in (?, ?)', [key, `${key}.txt`]);
    const [group] = found;
    if (group === undefined || found.length > 1) throw new Error(`${found.length} groups ${key} to repeat`);
    const rows = new Map<keyof typeof tables, readonly Row[]>([['files', [group]]]);
    for (const table of ['file_components', 'actor_snapshots', 'group_transitions'] as const) {
      rows.set(table, await sql.all(`select * from ${table} where group_id = ?`, [group['id']]));
    }
    const [counter] = await sql.all("select value from counters where name = 'completion'");
    return new Model(kind, rows, Number(counter?.['value']));
  }

  get completion(): number {
    return this.#completion;
  }

  /** Makes the group's files: as long as those of the model, and empty on the disk. */
  makeFiles(to: Pick<RepeatedGroup, 'directory' | 'stem'>): ReadonlyMap<string, FileIdentity> {
    const made = new Map<string, FileIdentity>();
    for (const row of this.#rows.get('file_components') ?? []) {
      if (row['in_delivery'] !== 1) continue;
      const path = String(row['source_path']);
      made.set(path, makeFile(this.#renamed(path, to), Number(row['size_bytes'])));
    }
    return made;
  }

  write(prepared: PreparedRows, groups: readonly RepeatedGroup[]): void {
    for (const [table, rows] of this.#rows) {
      const filled: readonly string[] = tables[table];
      for (const row of rows) {
        const names = Object.keys(row).filter((name) => !filled.includes(name));
        prepared.each(
          `insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`,
          groups.map((group) => names.map((name) => this.#cell(row, name, group))),
          false,
        );
      }
    }
  }

  #cell(row: Row, name: string, group: RepeatedGroup): unknown {
    const value = row[name];
    if (value === null) return null;
    const identity = group.identities.get(String(row['source_path']));
    switch (name) {
      case 'id':
      case 'group_id':
        return group.id;
      case 'created_at':
      case 'detected_at':
        return Number(value) - group.earlierMs;
      case 'key_hash':
        return stableKey(String(row['watch_name']), this.#renamed(String(row['group_key']), group));
      case 'path_hash':
        return stableKey(this.#renamed(String(row['source_path']), group));
      case 'archive_hash':
        return stableKey(this.#renamed(String(row['archive_path']), group));
      case 'completed_seq':
        return (this.#completion += 1);
      case 'mtime_ms':
        return identity?.mtimeMs ?? value;
      case 'ctime_ms':
        return identity?.ctimeMs ?? value;
      case 'inode':
        return identity?.inode ?? value;
      default:
        if (typeof value !== 'string') return value;
        return name === 'snapshot' ? this.#snapshot(value, group) : this.#renamed(value, group);
    }
  }

  #snapshot(text: string, group: RepeatedGroup): string {
    const [files] = this.#rows.get('files') ?? [];
    const begun = Number(files?.['created_at']);
    let repeated = text.replaceAll(String(begun), String(begun - group.earlierMs));
    for (const row of this.#rows.get('file_components') ?? []) {
      const identity = group.identities.get(String(row['source_path']));
      if (identity === undefined) continue;
      const before = identityText(Number(row['mtime_ms']), Number(row['ctime_ms']), Number(row['inode']));
      if (!repeated.includes(before)) throw new Error(`${this.#stem}: its snapshot knows no ${before}`);
      repeated = repeated.replaceAll(before, identityText(identity.mtimeMs, identity.ctimeMs, identity.inode));
    }
    return this.#renamed(repeated, group);
  }

  #renamed(text: string, { directory, stem }: Pick<RepeatedGroup, 'directory' | 'stem'>): string {
    return text.replaceAll(modelDirectory, directory).replaceAll(this.#stem, stem);
  }
}

/** As a snapshot has it. */
function identityText(mtimeMs: number, ctimeMs: number, inode: number): string {
  return JSON.stringify({ mtimeMs, ctimeMs, inode }).slice(1, -1);
}

function makeFile(path: string, size: number): FileIdentity {
  const file = openSync(path, 'wx');
  try {
    ftruncateSync(file, size);
    return identityOf(fstatSync(file));
  } finally {
    closeSync(file);
  }
}

/**
 * Repeats groups of a project that are on record in its SQLite database, with the files that they have in delivery; the
 * service must not run. How many files were made.
 */
export async function multiply(directory: string, repeats: readonly Repeat[]): Promise<number> {
  const { store, orm, close } = await openStore(await openProject(join(directory, 'config.toml'), process.env));
  try {
    const native = await nativeSqlite(orm);
    // What is lost by a crash here is made again; keys are spread over the whole index.
    native.exec('pragma synchronous = off; pragma cache_size = -1048576');
    let files = 0;
    for (const repeat of repeats) files += await fill(store.sql, native, repeat);
    await recountTotals(store.sql);
    native.exec('pragma wal_checkpoint(truncate)');
    return files;
  } finally {
    await close();
  }
}

async function fill(sql: Sql, native: NativeDatabase, repeat: Repeat): Promise<number> {
  const { kind, delivery, groups, perDirectory } = repeat;
  const prepared = new PreparedRows(native);
  const model = await Model.read(sql, kind);
  const [last] = await sql.all('select max(id) as id from files');
  const firstId = Number(last?.['id']) + 1;
  let files = 0;
  for (let from = 0; from < groups; from += batchSize) {
    const keys = Array.from({ length: Math.min(batchSize, groups - from) }, (_, i) =>
      repeatedKey(kind, from + i, perDirectory),
    );
    for (const parent of new Set(keys.map((key) => dirname(key))))
      mkdirSync(join(delivery, parent), { recursive: true });
    const batch = keys.map((key, i): RepeatedGroup => {
      const name = { directory: dirname(key), stem: basename(key) };
      return { id: firstId + from + i, earlierMs: groups - from - i, ...name, identities: model.makeFiles(name) };
    });
    for (const { identities } of batch) files += identities.size;
    native.exec('begin');
    model.write(prepared, batch);
    native.exec('commit');
  }
  await sql.run("update counters set value = ? where name = 'completion'", [model.completion]);
  return files;
}
