import { retryStates } from '../api/actions.ts';
import { buildConditions } from '../api/query.ts';
import { inStates, literally } from '../api/retry-conditions.ts';
import { CarbonationError } from '../errors/index.ts';
import type { GroupStore } from '../store/index.ts';
import type { Condition } from '../store/read/query.ts';

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
export async function retryGroups(store: Pick<GroupStore, 'markDue'>, order: unknown, now: number): Promise<number> {
  return store.markDue(conditionsOf(typeof order === 'object' && order !== null ? order : {}), now);
}

function conditionsOf({ ids, state, watchName }: RetryOrder): readonly Condition[] {
  if (Array.isArray(ids) && ids.length > 0 && ids.length <= mostIds)
    return [inStates([...retryStates]), ...buildConditions({ id: ids }, {})];
  if (typeof state === 'string' && typeof watchName === 'string' && retryStates.has(state)) {
    // A name is a name here, never a pattern.
    return [inStates([state]), ...buildConditions({ watch_name: watchName }, {}).map(literally)];
  }
  throw new CarbonationError('USAGE', 'which groups are to be tried again is not said', {
    remedy: `give "ids" (up to ${mostIds}), or "watchName" and a "state", one of ${[...retryStates].join(', ')}`,
  });
}
