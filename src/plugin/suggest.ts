import { editDistance } from '../core/index.ts';

/** Letters only, so that `group_functions` is found to mean `groupFunctions`. */
function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/**
 * What to say after an unknown name: ` (did you mean "x"?)` when a known name is
 * close, else the list of known names.
 */
export function suggestion(unknown: string, known: readonly string[]): string {
  const wanted = bare(unknown.slice(0, 100));
  const [nearest] = known
    .map((name) => ({ name, distance: editDistance(wanted, bare(name)) }))
    .toSorted((a, b) => a.distance - b.distance);
  if (nearest !== undefined && nearest.distance <= Math.max(1, Math.floor(wanted.length / 3))) {
    return ` (did you mean "${nearest.name}"?)`;
  }
  return known.length === 0 ? '' : ` (known: ${known.join(', ')})`;
}
