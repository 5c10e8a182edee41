import type { Condition } from '../store/read/query.ts';
import { buildConditions } from './query.ts';

/**
 * The groups that are in these states. Those with failed checks include the ones that wait for other files meanwhile.
 *
 * @param states - in snake case
 */
export function inStates(states: readonly string[]): Condition {
  const stopped = buildConditions({ state: states }, {});
  return { kind: 'either', of: states.includes('integrity_failed') ? [...stopped, { kind: 'refused' }] : stopped };
}

/** Takes a % as the character it is. */
export function literally(condition: Condition): Condition {
  if (condition.kind !== 'any') return condition;
  return { ...condition, values: [...condition.values, ...condition.patterns], patterns: [] };
}
