import { initialContext, type GroupInput, type GroupSubject } from '../../machines/file-group/index.ts';
import { stableKey } from '../core/index.ts';
import { completenessOf, fileNameOf, type RuleSet } from '../rules/index.ts';
import type { LiveGroupOrigin } from './live-group.ts';

/** Whether the orphans of a group are all that its rules expect. */
export function adoptedCompleteness(
  subject: Pick<GroupSubject, 'groupKey' | 'components'>,
  ruleSet: Pick<RuleSet, 'completeness'>,
): { readonly complete: boolean; readonly missing: readonly string[] } {
  const names = subject.components.map(({ name }) => name);
  const { completeness } = ruleSet;
  const own = fileNameOf(subject.groupKey);
  // A group of one has its file's name for a key; a sidecar alone is none.
  if (completeness === null || (completeness.groupBy === 'plugin' && names.includes(own))) {
    return names.includes(own) ? { complete: true, missing: [] } : { complete: false, missing: [own] };
  }
  return completenessOf(names, completeness);
}

/** A group that begins with nothing, to adopt what was found in an archive. */
export function emptyGroup(key: string, fileType: string | null, input: Omit<GroupInput, 'files'>): LiveGroupOrigin {
  const state = 'cleared';
  const context = initialContext({ ...input, files: [] });
  // What XState makes of a group at rest, without children.
  const snapshot = { status: 'active' as const, value: state, context, children: {}, historyValue: {}, tags: [] };
  return {
    key,
    keyHash: stableKey(key),
    fileType,
    row: null,
    start: {
      kind: 'restored',
      state,
      stateSince: input.at,
      context,
      snapshot: { ...snapshot, output: undefined, error: undefined },
    },
  };
}
