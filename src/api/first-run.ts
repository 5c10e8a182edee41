import { existsSync } from 'node:fs';
import { isBelow } from '../core/index.ts';
import { initDatabase } from './database.ts';
import type { Project } from './project.ts';

/**
 * Makes the SQLite database of a project that has never run: its file is not there, and neither is the directory of any
 * archive; and all of them belong into the project's directory, where no disk of their own can be away. Anywhere else a
 * missing database is a mistake (another directory, a disk that is not mounted), and is left to whoever opens it to refuse.
 *
 * @returns The names of the migrations, when it was made.
 */
export async function initFirstRun(project: Project): Promise<readonly string[]> {
  const { database, archives, directory } = project.config;
  const paths = [database.name, ...archives.map(({ basePath }) => basePath)];
  const isFirst = database.driver === 'sqlite' && paths.every((path) => isBelow(directory, path) && !existsSync(path));
  return isFirst ? initDatabase(project) : [];
}
