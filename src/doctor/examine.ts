import type { Config } from '../config/types.ts';
import type { Clock } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import type { Project } from '../api/index.ts';
import { archiveChecks, logChecks, watchChecks } from './directories.ts';
import { databaseChecks } from './database.ts';
import { diskChecks } from './disk.ts';
import { inotifyChecks } from './inotify.ts';
import { mountChecks } from './mounts.ts';
import { notifierChecks } from './notifiers.ts';
import { checksOf, type Check } from './types.ts';

/** What is examined. */
export interface Patient {
  readonly config: Config;
  /** Null: the files do not make a project, so that the database's schema is not looked at. */
  readonly project: Project | null;
  readonly clock: Clock;
}

/** Every check of a project's database, directories and machine. One that cannot be made is a check that failed. */
export async function examine({ config, project, clock }: Patient): Promise<readonly Check[]> {
  const rules = project?.rules ?? null;
  const parts: readonly (readonly [string, () => Promise<readonly Check[]>])[] = [
    ['database', () => databaseChecks(config, project, clock)],
    ['watch', () => watchChecks(config, rules)],
    ['archive', () => archiveChecks(config, rules)],
    ['log', () => logChecks(config)],
    ['disk', () => diskChecks(config)],
    ['mount', () => mountChecks(config)],
    ['inotify', () => inotifyChecks(config)],
    ['notify', () => notifierChecks(config)],
  ];
  const found: Check[] = [];
  for (const [name, run] of parts) {
    try {
      found.push(...(await run()));
    } catch (error) {
      found.push(checksOf(name).fail(`cannot be looked at: ${messageOf(error)}`));
    }
  }
  return found;
}
