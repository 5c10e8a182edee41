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
  const tests = globs.map((glob) => compileGlob(literalParentheses(glob)));
  return (name) => tests.some((test) => test(name));
}

/** picomatch would take them for groups of a regular expression, or of an extended glob. */
function literalParentheses(glob: string): string {
  return glob.replaceAll(/\\[^]|[()]/gu, (found) => (found.startsWith('\\') ? found : `\\${found}`));
}

/** What picomatch makes of `*`. */
const star = '[^/]*?';

/** Of what may stand between two `*`, what always takes the same number of characters. */
const fixedLength = /^(?:\\[^]|\[(?:\\[^]|[^\\\]])+\]|\(\?=\.\)|[^\\[\](){}*+?|^$])*$/;

function compileGlob(glob: string): (name: string) => boolean {
  const source = stepByStep(picomatch.makeRe(glob, options).source);
  if (source === null) return picomatch(glob, options);
  const expression = new RegExp(source, options.flags);
  return (name) => name === glob || expression.test(name);
}

/**
 * The expression with what stands between two `*` found at the first place where it is: another place could not help what follows,
 * and to try them all takes, for five `*` and a name made for it, minutes. Null: there are few, or more than `*` is in it.
 */
function stepByStep(source: string): string | null {
  const [before = '', ...between] = source.split(star);
  const after = between.pop() ?? '';
  if (between.length < 2 || !between.every((part) => fixedLength.test(part))) return null;
  // What a look ahead has found is not looked for anew.
  const steps = between.map((part, i) => `(?=(?<step${i}>${star}${part}))\\k<step${i}>`);
  return `${before}${steps.join('')}${star}${after}`;
}
