import { listNames } from '../core/counted.ts';
import { editDistance } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';

/**
 * The known word that `word` was probably meant to be: the nearest, else the only one that begins with it (`timeout_minutes` for
 * `timeout`); null when there is none. Case and `-`/`_` do not count.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  const wanted = plain(word);
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const name of known) {
    const distance = editDistance(wanted, plain(name));
    if (best === null || distance < best.distance) best = { name, distance };
  }
  if (best !== null && best.distance <= Math.max(1, Math.floor(wanted.length / 3))) return best.name;
  const [longer = null, ...others] = known.filter((name) => plain(name).startsWith(`${wanted}_`));
  return others.length === 0 ? longer : null;
}

/** `did you mean "x"?` for the nearest known word; null when there is none. */
export function didYouMean(word: string, known: readonly string[]): string | null {
  const near = nearest(word, known);
  return near === null ? null : `did you mean "${near}"?`;
}

/** {@link didYouMean}, else the known words, else null when there are none. */
export function suggestFrom(word: string, known: readonly string[], what: string): string | null {
  return didYouMean(word, known) ?? (known.length === 0 ? null : `${what}: ${listNames(known)}`);
}

/** What is said of a name that nothing has, as a CarbonationError USAGE. @param what - `watch` or `archive` */
export function unknownName(what: string, name: string, known: readonly string[]): CarbonationError {
  const remedy = suggestFrom(name, known, 'there is') ?? 'there is none in config.toml';
  return new CarbonationError('USAGE', `there is no ${what} "${name}"`, { remedy });
}

// A very long text is no misspelling of a key; cut, it cannot make the distance expensive.
function plain(word: string): string {
  return word.slice(0, 64).toLowerCase().replaceAll('-', '_');
}
