import vm from 'node:vm';

/** How many steps a text may take at most for it to be tested without a clock beside it, which costs a tenth of a millisecond. */
const fewSteps = 1e6;

/** What stands for itself, whatever is in it: an escaped character, also by its number or property, a class. */
const atom = /\\(?:[pP]\{[\w=]+\}|u\{[\da-fA-F]+\}|[^])|\[(?:\\[^]|[^\\\]])*\]/gu;

/** Beginnings of groups, and quantifiers made lazy, whose `?` is no quantifier. */
const otherQuestionMark = /\(\?(?:<?[=!]|:|<\w+>)?|([*+?]|\{\d+(?:,\d*)?\})\?/gu;

/** A number of times that leaves no choice, as in `\d{8}`. */
const fixedCount = /\{(\d+)\}/gu;

/** Tests texts, and gives up in time. */
export interface TimeBound {
  /**
   * Whether the expression is found in the text.
   *
   * @param limitMs - whole, above 0
   * @throws Error with the code ERR_SCRIPT_EXECUTION_TIMEOUT when it takes longer than the limit
   */
  readonly test: (text: string, limitMs: number) => boolean;
}

/**
 * Bounds the time of a regular expression. An expression such as `(\w+-?)+$` takes, for some texts, twice as long with each
 * character: for 40 of them hours, in which nothing else goes on in its thread.
 */
export function boundTime(expression: RegExp): TimeBound {
  const steps = mostSteps(expression.source);
  return {
    test: (text, limitMs) =>
      steps(text.length) <= fewSteps ? expression.test(text) : testInTime(expression, text, limitMs),
  };
}

/**
 * How many ways there are, at most, to lay an expression over a text of a length: an upper bound by what is in it, without
 * knowing what it means. With a group that is repeated there is none.
 */
function mostSteps(source: string): (length: number) => number {
  const plain = source.replaceAll(atom, 'x').replaceAll(otherQuestionMark, (_, of?: string) => of ?? '(');
  if (/\)[*+{]/u.test(plain)) return () => Infinity;
  const count = (what: RegExp): number => plain.match(what)?.length ?? 0;
  const groups = count(/\(/gu) + 1;
  // Alternatives of groups beside each other multiply; most when each has as many as the others.
  const fixed = 2 ** count(/\?/gu) * (count(/\|/gu) / groups + 1) ** groups;
  const repeated = [...plain.matchAll(fixedCount)].reduce((sum, [, times]) => sum + Number(times), 1);
  // The text may begin anywhere.
  const lengths = count(/[*+]|\{\d+,/gu) + 1;
  return (length) => fixed * repeated * (length + 1) ** lengths;
}

let clocked: { readonly script: vm.Script; readonly context: vm.Context } | undefined;

function testInTime(expression: RegExp, text: string, timeout: number): boolean {
  clocked ??= { script: new vm.Script('test()'), context: vm.createContext({}) };
  const { script, context } = clocked;
  let isFound = false;
  context['test'] = (): void => {
    isFound = expression.test(text);
  };
  try {
    script.runInContext(context, { timeout });
  } finally {
    delete context['test'];
  }
  return isFound;
}
