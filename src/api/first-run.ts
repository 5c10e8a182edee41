import { existsSync } from 'node:fs';
import { isBelow } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import { initDatabase } from './database.ts';
import type { Project } from './project.ts';

/**
 * Makes the SQLite database of a project that has never run, once opening it has been refused: its file is not there, or has no
 * tables (another run is about to make them, or was killed before), and there is no directory of any archive; and all of them
 * belong into the project's directory, where no disk of their own can be away. Anywhere else a missing database is a mistake
 * (another directory, a disk that is not mounted), and stays refused.
 *
 * @param refusal - why it could not be opened
 * @returns The names of the migrations, none where another run has made it meanwhile; null: it is not to be made.
 */
export async function initFirstRun(project: Project, refusal: unknown): Promise<readonly string[] | null> {
  if (!(refusal instanceof CarbonationError) || refusal.code !== 'DATABASE_MISSING') return null;
  const { database, archives, directory } = project.config;
  const paths = archives.map(({ basePath }) => basePath);
  const isOwn = [database.name, ...paths].every((path) => isBelow(directory, path));
  const isFirst = database.driver === 'sqlite' && isOwn && !paths.some((path) => existsSync(path));
  return isFirst ? initDatabase(project) : null;
}
