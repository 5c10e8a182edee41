import { listByPath } from '../../../machines/by-path.ts';
import {
  isCompleted,
  type Component,
  type GroupContext,
  type GroupEvent,
  type GroupState,
} from '../../../machines/file-group/index.ts';
import type { WatchConfig } from '../../config/types.ts';
import type { Surroundings } from '../types.ts';

/** What becomes of groups that are being judged when other rules come into force. */

/** The states in which the rules are asked, one after the other, or all at once. */
export const judgingStates: ReadonlySet<GroupState> = new Set(['assessing', 'extracting', 'deciding', 'adopting']);

/**
 * Whether a group can let go of a component. What is archived of a revision that is not complete goes with the rest, which may be
 * another group's. A copy that is missing is made again by the group that has lost it.
 *
 * @param isWhole - the group's present revision has been archived as a whole
 */
export function isLoose({ inDelivery, archived, isCurrent, inArchive }: Component, isWhole: boolean): boolean {
  return inDelivery && (archived === null || (!(isCurrent && isWhole) && inArchive));
}

/** The components that a group at rest can let go of. */
export function looseIn(context: GroupContext): readonly Component[] {
  const isWhole = isCompleted(context);
  return listByPath(context.components).filter((component) => isLoose(component, isWhole));
}

type Around = Pick<Surroundings, 'rules' | 'clock'>;

/** What has such a group begin anew, at once: no group is assessed or extracted by some rules and decided by others. */
export function judgeAnew({ rules, clock }: Around, watch: WatchConfig): GroupEvent {
  // What a plugin groups counts as judged by the former rules until that has been asked.
  const isPluginAsked = rules.of(watch).completeness?.groupBy === 'plugin';
  const at = clock.now();
  return isPluginAsked
    ? { type: 'assessment.requested', at }
    : { type: 'rules.changed', rulesVersion: rules.version, at };
}

/** The same for a group that was not in memory when the rules were exchanged; null: it goes on from where it was. */
export function missedExchange(
  around: Around,
  watch: WatchConfig,
  { value, context }: { readonly value: GroupState; readonly context: GroupContext },
): GroupEvent | null {
  // One that was being assessed is assessed from the beginning in any case.
  if (value !== 'extracting' && value !== 'deciding') return null;
  return context.rulesVersion === around.rules.version ? null : judgeAnew(around, watch);
}
