import { retryStates } from '../api/actions.ts';
import { buildConditions, type Filters } from '../api/query.ts';
import { CarbonationError } from '../errors/index.ts';
import { markDue } from '../store/query.ts';
import type { Sql } from '../store/sql.ts';

/** Which groups are to be tried again: some by id, or all of a watch in a state; as it comes from outside. */
interface RetryOrder {
  readonly ids?: unknown;
  readonly state?: unknown;
  readonly watchName?: unknown;
}

/** The most groups that are named one by one. */
const mostIds = 1000;

/**
 * Makes groups due that the chart lets a person try again; others are left as they are.
 *
 * @returns how many groups that were
 * @throws CarbonationError USAGE for an order that names no groups
 */
export async function retryGroups(sql: Sql, order: unknown, now: number): Promise<number> {
  return markDue(sql, buildConditions(filtersOf(typeof order === 'object' && order !== null ? order : {}), {}), now);
}

function filtersOf({ ids, state, watchName }: RetryOrder): Filters {
  if (Array.isArray(ids) && ids.length > 0 && ids.length <= mostIds) return { id: ids, state: [...retryStates] };
  if (typeof state === 'string' && typeof watchName === 'string' && retryStates.has(state)) {
    // A name is a name here, never a pattern.
    if (!watchName.includes('%')) return { state, watch_name: watchName };
  }
  throw new CarbonationError('USAGE', 'which groups are to be tried again is not said', {
    remedy: `give "ids" (up to ${mostIds}), or "watchName" and a "state", one of ${[...retryStates].join(', ')}`,
  });
}
