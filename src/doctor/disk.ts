import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../config/types.ts';
import { nearest } from './directories.ts';
import { checksOf, type Check } from './types.ts';

const mebibyte = 1_048_576;
/** Less is too little for anything; below the others it is time to act. */
const leastBytes = 100 * mebibyte;
const scarceBytes = 1024 * mebibyte;
const scarceShare = 0.05;

/**
 * The room that is left for archives, the database and the log, once for each file system.
 *
 * @param silent - what does not answer, and is not asked
 */
export async function diskChecks(
  config: Config,
  silent: ReadonlySet<string> = new Set(),
  look: typeof statfs = statfs,
): Promise<readonly Check[]> {
  const places: readonly (readonly [string, string])[] = [
    ...config.archives.map(({ name, basePath }) => [`archive ${name}`, basePath] as const),
    ...(config.database.driver === 'sqlite' ? [['database', dirname(config.database.name)] as const] : []),
    ...(config.logging.file === null ? [] : [['log', dirname(config.logging.file)] as const]),
  ];
  const answering = places.filter(([, path]) => !silent.has(path));
  return Promise.all(answering.map(([subject, path]) => diskCheck(subject, path, look)));
}

async function diskCheck(subject: string, path: string, look: typeof statfs): Promise<Check> {
  const check = checksOf('disk', subject);
  const place = await nearest(path);
  const { bavail, blocks, bsize, ffree, files } = await look(place);
  const free = bavail * bsize;
  const share = blocks === 0 ? 1 : bavail / blocks;
  const text = `${place}: ${(free / 1e9).toFixed(1)} GB free (${Math.floor(share * 100)} %)`;
  const remedy = 'make room, or move it to a larger disk: a full disk stops archiving, it loses nothing';
  if (free < leastBytes) return check.fail(text, remedy);
  if (free < scarceBytes || share < scarceShare) return check.warn(text, remedy);
  // Some file systems have no fixed number of inodes.
  if (files > 0 && ffree / files < scarceShare) {
    return check.warn(`${place}: ${Math.floor((ffree / files) * 100)} % of its inodes are free`, remedy);
  }
  return check.ok(text);
}
