import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { NativeDatabase } from './prepared.ts';

/** The part of better-sqlite3 that is used here. */
export interface SqliteLibrary {
  new (path: string, options?: { readonly fileMustExist?: boolean }): NativeDatabase & { close(): void };
}

/**
 * better-sqlite3, the very one that MikroORM has loaded: two copies of it in one process would not see each other's locks, and
 * overwrite what the other commits.
 */
export function sqliteLibrary(): SqliteLibrary {
  const orm = createRequire(import.meta.url).resolve('@mikro-orm/sqlite');
  return createRequire(orm)('better-sqlite3') as SqliteLibrary;
}

/** What tells a file from any other that may be put in its place: its device and inode. */
export async function fileMark(path: string): Promise<string> {
  const { dev, ino } = await stat(path);
  return `${dev}:${ino}`;
}
