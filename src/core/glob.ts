import picomatch from 'picomatch';

// Without `posix` picomatch takes the `!` of `[!a]` for a member of the class, without `literalBrackets` `[ab]` for its own four
// letters, too, and without a function for them `{10..12}` for a class.
const options = {
  dot: true,
  nonegate: true,
  posix: true,
  literalBrackets: false,
  windows: false,
  expandRange,
} as const;

/**
 * Compiles globs to a test of whether a name matches any of them, case-sensitive. They know `*`, `?`, `[…]`, `{…}`, `**` and `\`
 * as a shell does; `*` does not cross `/`, names with a leading dot are matched too, and all else stands for itself: also
 * parentheses, which names such as `report (1).txt` have, and a leading `!`.
 *
 * @throws what picomatch throws for a glob that it does not take; Error for one that could match nothing, or a range of too many members
 */
export function compileGlobs(globs: readonly string[]): (name: string) => boolean {
  const tests = globs.map((glob) => compileGlob(literally(glob)));
  return (name) => tests.some((test) => test(name));
}

/** Why a text is no glob; null: it is one. */
export function globFault(glob: string): string | null {
  try {
    compileGlobs([glob]);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** picomatch would take them for what they are in a regular expression, or in an extended glob; beside a range a dot, too. */
function literally(glob: string): string {
  const special = range.test(glob) ? /^\.\/|\\[^]|\{[^{},\\]*\.\.[^{},\\]*\}|[().|+"]/gu : /\\[^]|[()|+"]/gu;
  return glob.replaceAll(special, (found) => {
    if (found === '.') return '[.]';
    return found.length > 1 ? found : `\\${found}`;
  });
}

/** `{8..11}`, and what only looks like it. */
const range = /\{[^{},\\]*\.\.[^{},\\]*\}/;

/** More than anybody means. */
const mostMembers = 100_000;

/** `{8..11}`, `{08..11}`, `{0..8..2}` or `{a..e}` as a shell has them; what is no range stands for itself. */
function expandRange(from: string, to: string, third: unknown): string {
  const step = typeof third === 'string' ? third : null;
  const range = rangeOf(from, to, step ?? '1');
  if (range === null)
    return `{${[from, to, ...(step === null ? [] : [step])].join('..')}}`.replaceAll(/\W/g, String.raw`\$&`);
  if (range.count > mostMembers) throw new Error(`{${from}..${to}} has more than ${mostMembers} members`);
  return `(?:${membersOf(range).join('|')})`;
}

interface Range {
  readonly count: number;
  readonly member: (index: number) => string;
}

/** Null: it is none. */
function rangeOf(from: string, to: string, step: string): Range | null {
  const isOfNumbers = [from, to].every((end) => /^-?\d+$/.test(end));
  const isRange = (isOfNumbers || /^(?:[a-z]{2}|[A-Z]{2})$/.test(from + to)) && /^-?\d+$/.test(step);
  if (!isRange) return null;
  const [first, last] = isOfNumbers ? [Number(from), Number(to)] : [from.charCodeAt(0), to.charCodeAt(0)];
  const stride = Math.max(1, Math.abs(Number(step))) * Math.sign(last - first || 1);
  const width = [from, to].some((end) => /^-?0\d/.test(end)) ? Math.max(from.length, to.length) : 0;
  const member = (code: number): string => (isOfNumbers ? padded(code, width) : String.fromCharCode(code));
  return { count: Math.floor((last - first) / stride) + 1, member: (index) => member(first + index * stride) };
}

function membersOf({ count, member }: Range): readonly string[] {
  return Array.from({ length: count }, (_, index) => member(index));
}

function padded(number: number, width: number): string {
  const sign = number < 0 ? '-' : '';
  return sign + String(Math.abs(number)).padStart(width - sign.length, '0');
}

/** What picomatch makes of `*`. */
const star = '[^/]*?';

/** Of what may stand between two `*`, what always takes the same number of characters; ranges apart. */
const fixedLength = /^(?:\\[^]|\[(?:\\[^]|[^\\\]])+\]|\(\?=\.\)|[^\\[\](){}*+?|^$])*$/;

function compileGlob(glob: string): (name: string) => boolean {
  const source = sourceOf(glob);
  if (source.split(star).length < 4) return matcherOf(glob, source);
  const each = alternatives(glob);
  if (each.length > 1) {
    const tests = each.map(compileGlob);
    return (name) => name === glob || tests.some((test) => test(name));
  }
  return matcherOf(glob, stepByStep(source) ?? source);
}

/** The expression that picomatch makes, without escapes of what needs none: they are mistakes in one that knows whole characters. */
function sourceOf(glob: string): string {
  // Typed as the expression, which it could not always be made into.
  const output = String(picomatch.makeRe(glob, options, true));
  const plain = output.replaceAll(/\\([^\w\\^$.*+?()[\]{}|/])/g, (_, one: string) =>
    one === '-' ? String.raw`\x2d` : one,
  );
  return `^(?:${plain})$`;
}

/** `?` and `[…]` stand for a character as people see it, also one that is two in JavaScript. */
function matcherOf(glob: string, source: string): (name: string) => boolean {
  const expression = expressionOf(source, 'su') ?? expressionOf(source, 's');
  if (expression === null)
    throw new Error('matches nothing: a "{" or "[" that nothing closes, a "\\" at its end, or a range such as [z-a]');
  return (name) => name !== '' && (name === glob || expression.test(name));
}

function expressionOf(source: string, flags: string): RegExp | null {
  try {
    return new RegExp(source, flags);
  } catch {
    return null;
  }
}

function isOfFixedLength(part: string): boolean {
  const withoutRanges = part.replaceAll(/\(\?:([-\w]+(?:\|[-\w]+)*)\)/g, (range, members: string) => {
    const lengths = new Set(members.split('|').map(({ length }) => length));
    return lengths.size === 1 ? '' : range;
  });
  return fixedLength.test(withoutRanges);
}

/** Few enough to be tried one after the other. */
const mostAlternatives = 1000;

/** `*.{txt,json}` as `*.txt` and `*.json`, `{8..11}` as `{8..9}` and `{10..11}`; a glob of too many is left as it is. */
export function alternatives(glob: string): string[] {
  let all = [glob];
  for (;;) {
    const more = all.flatMap(choicesOf);
    if (more.length === all.length) return all;
    if (more.length > mostAlternatives) return [glob];
    all = more;
  }
}

/** By the first braces that hold no others and leave a choice. */
function choicesOf(glob: string): string[] {
  for (const braces of glob.matchAll(/(?<!\\)\{([^{}\\]*)\}/g)) {
    const choices = partsOf(braces[1] ?? '');
    const after = glob.slice(braces.index + braces[0].length);
    if (choices.length > 1) return choices.map((choice) => glob.slice(0, braces.index) + choice + after);
  }
  return [glob];
}

/** Of a range those whose members are as long as each other. */
function partsOf(inside: string): readonly string[] {
  if (inside.includes(',')) return inside.split(',');
  const [from = '', to = '', step = '1', ...more] = inside.split('..');
  const range = more.length > 0 ? null : rangeOf(from, to, step);
  if (range === null || range.count > mostMembers) return [];
  const lengths = Map.groupBy(membersOf(range), (member) => `${member.startsWith('-')}${member.length}`);
  return [...lengths.values()].map((part) => `{${part[0]}..${part.at(-1)}..${step}}`);
}

/**
 * The expression with what stands between two `*` found at the first place where it is: another place could not help what follows,
 * and to try them all takes, for five `*` and a name made for it, minutes. Null: more than `*` is in it.
 */
function stepByStep(source: string): string | null {
  const [before = '', ...between] = source.split(star);
  const after = between.pop() ?? '';
  if (!between.every((part) => isOfFixedLength(part))) return null;
  // What a look ahead has found is not looked for anew.
  const steps = between.map((part, i) => `(?=(?<step${i}>${star}${part}))\\k<step${i}>`);
  return `${before}${steps.join('')}${star}${after}`;
}
