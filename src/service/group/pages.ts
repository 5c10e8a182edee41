import { setImmediate as turn } from 'node:timers/promises';
import { storedState, type GroupState } from '../../../machines/file-group/index.ts';
import type { WatchConfig } from '../../config/types.ts';
import type { StoredGroup } from '../../store/index.ts';
import type { Groups } from '../types.ts';

/** Groups read together. */
const pageSize = 500;

/**
 * The stored groups of these watches that are in one of these states: each once, even if it goes from one state to another
 * meanwhile.
 *
 * @param rulesVersion - null: all of them; else only those that were judged by other rules than these
 */
export async function* groupPages(
  groups: Groups,
  watches: readonly Pick<WatchConfig, 'name'>[],
  states: readonly GroupState[],
  rulesVersion: string | null = null,
): AsyncGenerator<readonly StoredGroup[]> {
  const stored = states.map(storedState);
  for (const { name } of watches) {
    for (let lastId = 0; ;) {
      const page = await groups.groupsInStates([name], stored, lastId, pageSize, rulesVersion);
      const last = page.at(-1);
      if (last === undefined) break;
      lastId = last.id;
      yield page;
      // SQLite answers at once: without this, a million groups would leave nobody else a turn.
      await turn();
    }
  }
}
