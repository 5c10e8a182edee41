import type { GroupSubject } from '../../machines/file-group/index.ts';
import { completenessOf, fileNameOf, type RuleSet } from '../rules/index.ts';

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
