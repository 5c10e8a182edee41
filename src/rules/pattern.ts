import { CarbonationError, messageOf, systemCode } from '../errors/index.ts';
import { boundTime } from './time-bound.ts';
import { showValue } from './values.ts';

/** Global flags in front of a Python pattern, e.g. `(?i)`. */
const leadingFlags = /^\(\?([ims]+)\)/u;

/**
 * What Python writes otherwise than JavaScript, and what must not be taken for it: escaped characters, classes and numbers of times
 * are matched, so that they stay as they are.
 */
const tokens =
  /\\[pPu]\{[^}]*\}|\\[^]|\[\^?\]?(?:\\[^]|[^\\\]])*\]|\(\?P<|\(\?P=(?<name>\w+)\)|\{\d+(?:,\d*)?\}|\{,(?<most>\d*)\}|[{}\]]/gu;

function translate(token: string, name: string | undefined, most: string | undefined): string {
  if (token === '\\A') return String.raw`(?<!\p{Any})`;
  if (token === '\\Z') return String.raw`(?!\p{Any})`;
  if (token === '(?P<') return '(?<';
  if (most !== undefined) return `{0,${most}}`;
  if (name !== undefined) return `\\k<${name}>`;
  // A bracket that closes nothing stands for itself, also as the first one in a class.
  if (/^[{}\]]$/u.test(token)) return `\\${token}`;
  // One that nothing closes: to JavaScript a class of nothing, which matches nowhere.
  if (token === '[]') return '[';
  if (token.startsWith('[')) return token.replace(/^(\[\^?)\](?=[^])/u, '$1\\]').replaceAll(/\\[^]/gu, needed);
  return token.length === 2 ? needed(token) : token;
}

/** An escape as JavaScript takes it: it refuses needless ones such as `\-`, which Python allows. */
function needed(escape: string): string {
  const character = escape.slice(1);
  return /^[A-Za-z0-9^$\\.*+?()[\]{}|/]$/u.test(character) ? escape : `\\u{${character.codePointAt(0)?.toString(16)}}`;
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
 * Compiles a regular expression of rules.toml. Python's `(?i)` in front, `(?P<name>…)`, `(?P=name)`, `{,3}`, `[]a]`, `\A`, `\Z` and
 * needless escapes are understood too.
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
  try {
    return new RegExp(body.replaceAll(tokens, translate), `${[...new Set(flags?.[1])].join('')}u`);
  } catch (error) {
    throw new CarbonationError('CONFIG_INVALID', `"${pattern}" is not a regular expression: ${messageOf(error)}`, {
      remedy: 'correct the pattern in rules.toml',
      cause: error,
    });
  }
}
