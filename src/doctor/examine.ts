import { dirname } from 'node:path';
import type { Config } from '../config/types.ts';
import { inTime, type Clock } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import { placeOf } from '../store/database/orm.ts';
import type { Project } from '../api/index.ts';
import { archiveChecks, logChecks, watchChecks } from './directories.ts';
import { databaseChecks } from './database.ts';
import { diskChecks } from './disk.ts';
import { inotifyChecks } from './inotify.ts';
import { mountChecks } from './mounts.ts';
import { notifierChecks } from './notifiers.ts';
import { answering, silenceChecks } from './silent.ts';
import { checksOf, type Check } from './types.ts';

/** What is examined. */
export interface Patient {
  readonly config: Config;
  /** Null: the files do not make a project, so that the database's schema is not looked at. */
  readonly project: Project | null;
  /** Which of its directories do not answer, as {@link findSilent} says: they are not looked at. */
  readonly silent: ReadonlySet<string>;
  readonly clock: Clock;
}

/** How long a database's server may take to answer all that it is asked, in ms. */
const serverMs = 20_000;

/** Every check of a project's database, directories and machine. One that cannot be made is a check that failed. */
export async function examine({ config: whole, project, silent, clock }: Patient): Promise<readonly Check[]> {
  const config = answering(whole, silent);
  const rules = project?.rules ?? null;
  const { database } = config;
  const isDatabaseSilent = database.driver === 'sqlite' && silent.has(dirname(database.name));
  const parts: readonly (readonly [string, () => Promise<readonly Check[]>])[] = [
    ['database', () => (isDatabaseSilent ? Promise.resolve([]) : databaseInTime(config, project, clock))],
    ['watch', () => watchChecks(config, rules)],
    ['archive', () => archiveChecks(config, rules)],
    ['log', () => logChecks(config)],
    ['disk', () => diskChecks(config, silent)],
    ['mount', () => mountChecks(config, silent)],
    ['inotify', () => inotifyChecks(config)],
    ['notify', () => notifierChecks(config)],
  ];
  const found: Check[] = [...silenceChecks(whole, silent)];
  for (const [name, run] of parts) {
    try {
      found.push(...(await run()));
    } catch (error) {
      found.push(checksOf(name).fail(`cannot be looked at: ${messageOf(error)}`));
    }
  }
  return found;
}

/** A server that takes a connection and then says nothing would be waited for without end; SQLite's file is read at once, however large. */
async function databaseInTime(config: Config, project: Project | null, clock: Clock): Promise<readonly Check[]> {
  const checks = databaseChecks(config, project, clock);
  if (config.database.driver === 'sqlite') return checks;
  const found = await inTime(clock, serverMs, checks);
  if (found !== null) return found;
  const text = `${placeOf(config.database)} has not answered for ${serverMs / 1000} s`;
  return [
    checksOf('database').fail(text, 'see whether its server runs and what it waits for, and to the network between'),
  ];
}
