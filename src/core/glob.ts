import picomatch from 'picomatch';

// Without `posix` picomatch takes the `!` of `[!a]` for a member of the class.
const options = { dot: true, nonegate: true, posix: true, windows: false, keepQuotes: true, flags: 's' } as const;

/**
 * Compiles globs to a test of whether a name matches any of them, case-sensitive. They know `*`, `?`, `[…]`, `{…}`, `**` and `\`
 * as a shell does; `*` does not cross `/`, names with a leading dot are matched too, and all else stands for itself: also
 * parentheses, which names such as `report (1).txt` have, and a leading `!`.
 *
 * @throws what picomatch throws for a glob that it does not take
 */
export function compileGlobs(globs: readonly string[]): (name: string) => boolean {
  return picomatch(globs.map(literalParentheses), options);
}

/** picomatch would take them for groups of a regular expression, or of an extended glob. */
function literalParentheses(glob: string): string {
  return glob.replaceAll(/\\[^]|[()]/gu, (found) => (found.startsWith('\\') ? found : `\\${found}`));
}
