/** Condition on a column for what is at or below a path; SQL counts characters, not units of UTF-16. */
export function below(column: string): string {
  return `(${column} = ? or substr(${column}, 1, ?) = ?)`;
}

/** What takes the place of its parameters. */
export function belowParams(path: string): readonly (string | number)[] {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  return [path, [...prefix].length, prefix];
}
