import type { GroupSubject } from '../../../machines/file-group/index.ts';
import { completenessOf, fileNameOf, type Completeness } from '../../rules/index.ts';

/**
 * Whether the orphans of a group are all that its rules expect.
 *
 * @param isAlone - the group is one file, whose name its key ends with
 */
export function adoptedCompleteness(
  subject: Pick<GroupSubject, 'groupKey' | 'components'>,
  completeness: Completeness | null,
  isAlone: boolean,
): { readonly complete: boolean; readonly missing: readonly string[] } {
  const names = subject.components.map(({ name }) => name);
  const own = fileNameOf(subject.groupKey);
  // A group of one has its file's name for a key; a sidecar alone is none.
  if (completeness === null || isAlone) {
    return names.includes(own) ? { complete: true, missing: [] } : { complete: false, missing: [own] };
  }
  return completenessOf(names, completeness);
}
