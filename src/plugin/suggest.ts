/** Edits (insert, delete, replace) that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const edited = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, edited));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}

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
