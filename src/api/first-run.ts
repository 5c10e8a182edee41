import { existsSync } from 'node:fs';
import { isBelow } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import { initDatabase, openSchema } from './database.ts';
import type { Project } from './project.ts';

/**
 * Makes the SQLite database of a project that has never run: its file is not there, or has no tables (another run is about
 * to make them, or was killed before), and there is no directory of any archive; and all of them belong into the project's
 * directory, where no disk of their own can be away. Anywhere else a missing database is a mistake (another directory, a
 * disk that is not mounted), and is left to whoever opens it to refuse.
 *
 * @returns The names of the migrations, when it was made.
 */
export async function initFirstRun(project: Project): Promise<readonly string[]> {
  const { database, archives, directory } = project.config;
  const paths = archives.map(({ basePath }) => basePath);
  const isOwn = [database.name, ...paths].every((path) => isBelow(directory, path));
  const isFirst = database.driver === 'sqlite' && isOwn && !paths.some((path) => existsSync(path));
  return isFirst && (await isUnmade(project)) ? initDatabase(project) : [];
}

/** Whatever else is wrong with a database is said by whoever opens it for work. */
async function isUnmade(project: Project): Promise<boolean> {
  try {
    const { close } = await openSchema(project, { anyState: true });
    await close();
    return false;
  } catch (thrown) {
    return thrown instanceof CarbonationError && thrown.code === 'DATABASE_MISSING';
  }
}
