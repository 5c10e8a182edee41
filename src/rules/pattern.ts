import { CarbonationError, messageOf, systemCode } from '../errors/index.ts';
import { boundTime } from './time-bound.ts';
import { showValue } from './values.ts';

/** Global flags in front of a Python pattern, e.g. `(?i)`. */
const leadingFlags = /^\(\?([ims]+)\)/u;

/** Python's spellings that JavaScript writes otherwise; an escaped character and a class are matched first, so that they stay. */
const pythonOnly = /\\A|\\Z|\\[^]|\[(?:\\[^]|[^\\\]])*\]|\(\?P<|\(\?P=(\w+)\)|\{,(\d+)\}/gu;

function translate(token: string, name: string | undefined, most: string | undefined): string {
  if (token === '\\A') return '(?<![^])';
  if (token === '\\Z') return '(?![^])';
  if (token === '(?P<') return '(?<';
  if (most !== undefined) return `{0,${most}}`;
  return name === undefined ? token : `\\k<${name}>`;
}

/** How long one text may take, in ms: first; once a text has taken longer. What a delivery calls its files must not hold up all others. */
const limitsMs: Limits = [1000, 100];

type Limits = readonly [first: number, afterwards: number];

/** A pattern of rules.toml. */
export interface Pattern {
  /**
   * Whether it is found anywhere in a text.
   *
   * @throws CarbonationError PATTERN_TIMEOUT when that takes longer than a second
   */
  readonly test: (text: string) => boolean;
}

/**
 * Compiles a regular expression of rules.toml. Python's `(?i)` in front, `(?P<name>…)`, `(?P=name)`, `{,3}`, `\A` and `\Z` are
 * understood too.
 *
 * @throws CarbonationError CONFIG_INVALID with the reason when it is no regular expression.
 */
export function compilePattern(pattern: string, [first, afterwards] = limitsMs): Pattern {
  const bound = boundTime(toExpression(pattern));
  let limit = first;
  return {
    test: (text) => {
      try {
        return bound.test(text, limit);
      } catch (error) {
        if (systemCode(error) !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
        const message = `the pattern "${pattern}" takes longer than ${limit} ms with ${showValue(text)}`;
        limit = afterwards;
        throw new CarbonationError('PATTERN_TIMEOUT', message, { cause: error });
      }
    },
  };
}

function toExpression(pattern: string): RegExp {
  const flags = leadingFlags.exec(pattern);
  const body = flags === null ? pattern : pattern.slice(flags[0].length);
  const source = body.replaceAll(pythonOnly, translate);
  const given = [...new Set(flags?.[1])].join('');
  try {
    return new RegExp(source, `${given}u`);
  } catch {
    // Unicode mode refuses needless escapes (`\-`), which Python allows.
    return compileLenient(pattern, source, given);
  }
}

function compileLenient(pattern: string, source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new CarbonationError('CONFIG_INVALID', `"${pattern}" is not a regular expression: ${messageOf(error)}`, {
      remedy: 'correct the pattern in rules.toml',
      cause: error,
    });
  }
}
