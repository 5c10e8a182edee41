import type { WatchConfig } from '../../config/types.ts';
import { compareRoot } from '../brakes.ts';
import type { Surroundings } from '../types.ts';

/**
 * Whether a watch's directory cannot be read, does not answer, or is another one than when it was last reconciled: an empty mount point,
 * maybe.
 */
export async function isRootAway(
  { groups, roots }: Pick<Surroundings, 'groups' | 'roots'>,
  watch: WatchConfig,
): Promise<boolean> {
  const recorded = await groups.watchRoot(watch.name);
  try {
    const state = compareRoot(watch, await roots.lookAnew(watch), recorded);
    return state !== 'same' && state !== 'first';
  } catch {
    // Whatever keeps it from being read, it says nothing about the files.
    return true;
  }
}
