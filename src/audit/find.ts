import { unknownName } from '../config/suggest.ts';
import { listNames } from '../core/counted.ts';
import { editDistance } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import { groupOfFile, groupsLike, groupsOfKey, recordedWatches, type GroupRecord } from '../store/read/history.ts';
import type { Sql } from '../store/database/sql.ts';

/** Which group is meant. */
export interface WantedGroup {
  /** A group key, exactly, also behind its watch and a slash, as runs print it; or the path of a file, delivered or archived. */
  readonly text: string;
  /** Null: of any watch. */
  readonly watchName: string | null;
  /** The text as an absolute path. */
  readonly path: string;
  /** The watches of config.toml. */
  readonly configured: readonly string[];
}

/** Groups that are compared with what was asked for, and those that are named. */
const mostCompared = 500;
const mostNamed = 5;

/**
 * The group that is meant.
 *
 * @throws CarbonationError GROUP_UNKNOWN with the nearest ones; USAGE: several watches have such a group, or there is no
 *   such watch
 */
export async function findGroup(sql: Sql, wanted: WantedGroup): Promise<GroupRecord> {
  const { text, watchName, path, configured } = wanted;
  const watches = [...new Set([...configured, ...(await recordedWatches(sql))])];
  if (watchName !== null && !watches.includes(watchName)) throw unknownName('watch', watchName, watches);
  const found = await groupsOfKey(sql, text, watchName === null ? watches : [watchName]);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only !== undefined) {
    const names = listNames(found.map((one) => one.watchName));
    throw new CarbonationError('USAGE', `there is a group "${text}" in each of the watches ${names}`, {
      remedy: `say which, e.g. --watch-name ${only.watchName}`,
    });
  }
  const ofFile = await groupOfFile(sql, path);
  if (ofFile !== null && (watchName === null || ofFile.watchName === watchName)) return ofFile;
  for (const watch of watchName === null ? watches : []) {
    const key = text.startsWith(`${watch}/`) ? text.slice(watch.length + 1) : '';
    const [named] = key === '' ? [] : await groupsOfKey(sql, key, [watch]);
    if (named !== undefined) return named;
  }
  throw await unknownGroup(sql, wanted);
}

async function unknownGroup(sql: Sql, { text, watchName }: WantedGroup): Promise<CarbonationError> {
  const like = text === '' ? [] : await groupsLike(sql, text, mostCompared);
  const near = like
    .filter((one) => watchName === null || one.watchName === watchName)
    .map((one) => ({ one, distance: distanceTo(text, one.groupKey) }))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, mostNamed)
    .map(({ one }) => `${one.watchName}: ${one.groupKey}`);
  const where = watchName === null ? '' : ` in the watch "${watchName}"`;
  return new CarbonationError('GROUP_UNKNOWN', `no group "${text}" is on record${where}, and no file of that path`, {
    details: near.length === 0 ? [] : ['did you mean', ...near.map((name) => `  ${name}`)],
  });
}

/** A key that holds the whole text is nearer than one that is only spelt alike. */
function distanceTo(text: string, key: string): number {
  const distance = editDistance(text.slice(0, 100), key.slice(0, 100));
  return key.includes(text) ? distance / 100 : distance;
}
