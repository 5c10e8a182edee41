import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { DatabaseConfig } from '../../src/config/types.ts';
import { countFiles, expectCount } from './files.ts';
import { carbonation } from './process.ts';

/** Bytes of the text of each group. */
const textBytes = 20_000;

/** How a measured project differs from the one that `carbonation init` makes. */
export interface ProjectOptions {
  /** Whether files are flushed before they count as archived; as the default has it unless given. */
  readonly durable?: boolean;
  /** Another directory to watch than the project's own `delivery/`. */
  readonly delivery?: string;
  /** Another database than the project's own SQLite file. */
  readonly database?: DatabaseConfig;
  /** Further changes of config.toml. */
  readonly config?: (toml: string) => string;
}

/** A change of config.toml that must change something. */
export function edited(text: string, pattern: RegExp, replacement: string): string {
  if (!pattern.test(text)) throw new Error(`config.toml has nothing like ${pattern}`);
  return text.replace(pattern, () => replacement);
}

function databaseToml({ driver, name, host, port, username, password }: DatabaseConfig): string {
  const values = { drivername: driver, name, host, port, username, password };
  const lines = Object.entries(values).filter(([, value]) => value !== null);
  return `[database]\n${lines.map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join('\n')}\n\n`;
}

/** Makes a project as `carbonation init` does, with its plugin and rules, and its database; delivers nothing. */
export function makeProject(directory: string, { durable, delivery, database, config }: ProjectOptions = {}): void {
  mkdirSync(directory);
  carbonation(directory, 'init');
  const path = join(directory, 'config.toml');
  // A line a group on stderr is not what is measured.
  let toml = edited(readFileSync(path, 'utf8'), /^# level = .*$/m, 'level = "WARNING"');
  if (durable !== undefined) toml = edited(toml, /^(# )?durable = .*$/m, `durable = ${durable}`);
  if (delivery !== undefined) toml = edited(toml, /^path = "delivery"$/m, `path = ${JSON.stringify(delivery)}`);
  if (database !== undefined) toml = edited(toml, /^\[database\][^]*?(?=^\[)/m, databaseToml(database));
  writeFileSync(path, config === undefined ? toml : config(toml));
  carbonation(directory, 'db', 'init');
}

/** The metadata of the group of a number, as the scaffolded plugin reads it: a category, so one directory, for all. */
export function sampleJson(i: number): string {
  return JSON.stringify({
    start: '2026-01-01T00:00:00Z',
    stop: '2026-01-01T01:00:00Z',
    category: 'alpha',
    source: `station ${i}`,
  });
}

const text = Buffer.alloc(textBytes, 'the content of the delivered file\n');

/** The text of the group of a number; the same memory each time. */
export function sampleText(i: number): Buffer {
  text.write(String(i).padEnd(12));
  return text;
}

/**
 * Writes the groups `from` to `from + count` into a directory, `g<i>.json` and `g<i>.txt`, each file with content of its
 * own.
 */
export function deliver(delivery: string, count: number, from = 0): void {
  for (let i = from; i < from + count; i += 1) {
    writeFileSync(join(delivery, `g${i}.json`), sampleJson(i));
    writeFileSync(join(delivery, `g${i}.txt`), sampleText(i));
  }
}

/** Waits until what was delivered has been at rest for as long as `settle_seconds` asks by default. */
export async function settled(): Promise<void> {
  await wait(2500);
}

/** Where the scaffolded project archives what {@link deliver} delivers. */
export function archiveOf(directory: string): string {
  return join(directory, 'archive/alpha/20260101');
}

/** Throws unless both files of all groups are in the archive of a project, and nothing else. */
export function expectArchived(directory: string, groups: number): void {
  expectCount('files in the archive', countFiles(join(directory, 'archive')), groups * 2);
}
