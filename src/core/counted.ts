/** `1 file`, `2 files`. */
export function counted(count: number, what: string, plural = `${what}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? what : plural}`;
}

/** The most names that are listed in a line. */
const mostListed = 30;

/** Names in a line; of many the first ones, and how many more there are. */
export function listNames(names: readonly string[], most: number = mostListed): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}

/** The first of several sentences, and how many more there are: `no such column (and 2 more)`. */
export function firstOf([first = '', ...more]: readonly string[]): string {
  return more.length === 0 ? first : `${first} (and ${more.length} more)`;
}
