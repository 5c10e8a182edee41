import { dirname } from 'node:path';
import type { Config } from '../config/types.ts';
import { isBelow } from '../core/index.ts';
import { silenceOf, silentPlaces } from '../core/silent-places.ts';
import { mountedBelow } from '../watch/index.ts';
import { checksOf, type Check } from './types.ts';

/**
 * The directories that are looked at, with the name of the check that says what is wrong with them, and which one it is; `isDeep`: what is
 * below them is looked at, too.
 */
function directories({ watches, archives, database, logging }: Config) {
  return [
    ...watches.map(({ name, path, recursive }) => ({ check: 'watch', subject: name, path, isDeep: recursive })),
    ...archives.map(({ name, basePath }) => ({ check: 'archive', subject: name, path: basePath, isDeep: true })),
    ...(database.driver === 'sqlite' ? [flat('database', dirname(database.name))] : []),
    ...(logging.file === null ? [] : [flat('log', dirname(logging.file))]),
  ];
}

function flat(check: string, path: string) {
  return { check, subject: null, path, isDeep: false };
}

/** Which of the directories of a project do not answer, and which disks that are mounted below them. */
export async function findSilent(config: Config | null): Promise<ReadonlySet<string>> {
  if (config === null) return new Set();
  const places = directories(config).map(async ({ path, isDeep }) => [
    path,
    ...(isDeep ? await mountedBelow(path) : []),
  ]);
  return silentPlaces((await Promise.all(places)).flat());
}

/** What is said of the directories that do not answer, or have a disk below them that does not. */
export function silenceChecks(config: Config, silent: ReadonlySet<string>): readonly Check[] {
  const remedy = 'see to its server or disk, or unmount it (`umount -l`): whatever looks at it hangs';
  return directories(config).flatMap(({ check, subject, path, isDeep }) =>
    silentAt(path, isDeep, silent).map((place) => checksOf(check, subject).fail(silenceOf(place), remedy)),
  );
}

/** A configuration without the watches, archives and log file that cannot be looked at. */
export function answering(config: Config, silent: ReadonlySet<string>): Config {
  const answers = (path: string, isDeep: boolean): boolean => silentAt(path, isDeep, silent).length === 0;
  const { watches, archives, logging } = config;
  return {
    ...config,
    watches: watches.filter(({ path, recursive }) => answers(path, recursive)),
    archives: archives.filter(({ basePath }) => answers(basePath, true)),
    logging: { ...logging, file: logging.file !== null && answers(dirname(logging.file), false) ? logging.file : null },
  };
}

function silentAt(path: string, isDeep: boolean, silent: ReadonlySet<string>): readonly string[] {
  if (silent.has(path)) return [path];
  return isDeep ? [...silent].filter((place) => isBelow(path, place)) : [];
}
