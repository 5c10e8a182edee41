import { fileNameOf, splitName } from './group.ts';
import type { Completeness } from './types.ts';

/** Whether a group has all it needs. */
export interface CompletenessResult {
  readonly complete: boolean;
  /** The expected extensions that no component has, in the order of the rule. */
  readonly missing: string[];
}

/**
 * Judges a group by the components that have passed integrity; without a rule it is complete at once.
 *
 * @param passedFileNames Names, or paths with `/` separators.
 */
export function completenessOf(
  passedFileNames: readonly string[],
  completeness: Completeness | null,
): CompletenessResult {
  if (completeness === null) return { complete: true, missing: [] };
  const { expectedExtensions } = completeness;
  const present = new Set(passedFileNames.map((name) => splitName(fileNameOf(name), expectedExtensions).extension));
  const missing = expectedExtensions.filter((extension) => !present.has(extension));
  return { complete: missing.length === 0, missing };
}

/**
 * The component that stands for its group: the one with the primary extension, else the first by name
 * (by code units, so that every machine agrees); null for a group without components.
 */
export function primaryOf<Component extends { readonly fileName: string }>(
  components: readonly Component[],
  completeness: Completeness | null,
): Component | null {
  const byName = components.toSorted((a, b) => (a.fileName < b.fileName ? -1 : Number(a.fileName > b.fileName)));
  const primary = completeness?.primaryExtension ?? null;
  const first = byName[0] ?? null;
  if (completeness === null || primary === null) return first;
  const extensions = [...completeness.expectedExtensions, primary];
  return byName.find(({ fileName }) => splitName(fileNameOf(fileName), extensions).extension === primary) ?? first;
}
