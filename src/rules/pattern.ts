import { CarbonationError, messageOf } from '../errors/index.ts';

/** Global flags in front of a Python pattern, e.g. `(?i)`. */
const leadingFlags = /^\(\?([ims]+)\)/u;

/** Python's spellings that JavaScript writes otherwise; an escaped character is matched first, so that it stays. */
const pythonOnly = /\\A|\\Z|\\[^]|\(\?P<|\(\?P=(\w+)\)/gu;

function translate(token: string, name: string | undefined): string {
  if (token === '\\A') return '(?<![^])';
  if (token === '\\Z') return '(?![^])';
  if (token === '(?P<') return '(?<';
  return name === undefined ? token : `\\k<${name}>`;
}

/**
 * Compiles a regular expression of rules.toml; use it with `test`, which finds it anywhere. Python's `(?i)` in
 * front, `(?P<name>…)`, `(?P=name)`, `\A` and `\Z` are understood too.
 *
 * @throws CarbonationError CONFIG_INVALID with the reason when it is no regular expression.
 */
export function compilePattern(pattern: string): RegExp {
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
