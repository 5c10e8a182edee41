import { parseArgs } from 'node:util';
import type { Part, Settings } from './types.ts';

/** The command line: names of parts, settings, and whether the results go into bench/README.md. */
export interface Order {
  readonly chosen: readonly Part[];
  readonly given: Settings;
  readonly write: boolean;
}

/** Reads the command line; throws a mistake in it as one that {@link isUsageError} knows. */
export function orderOf(parts: readonly Part[], args: readonly string[]): Order {
  const names = [...new Set(parts.flatMap(({ defaults }) => Object.keys(defaults)))];
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      write: { type: 'boolean' },
      help: { type: 'boolean' },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    },
  });
  if (values['help'] === true) {
    const lines = parts.map(({ name, title, defaults }) => {
      const settings = Object.entries(defaults).map(([setting, value]) => `--${setting} ${value}`);
      return `  ${name.padEnd(10)} ${title}\n             ${settings.join(' ')}`;
    });
    throw new UsageError(`[part…] [--setting N…] [--write]\n\n${lines.join('\n')}`);
  }
  const strings = new Map(Object.entries(values).filter(([, value]) => typeof value === 'string'));
  const unknown = positionals.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) {
    throw new UsageError(`no part ${unknown.join(', ')}; there are ${parts.map(({ name }) => name).join(', ')}`);
  }
  const chosen = positionals.length === 0 ? parts : parts.filter(({ name }) => positionals.includes(name));
  const given: Record<string, number> = {};
  for (const name of names) {
    const text = strings.get(name);
    if (text === undefined) continue;
    const value = Number(text);
    if (!Number.isFinite(value) || value <= 0) throw new UsageError(`--${name} takes a number above 0, not ${text}`);
    if (!chosen.some(({ defaults }) => Object.hasOwn(defaults, name))) {
      throw new UsageError(`none of ${chosen.map((part) => part.name).join(', ')} takes --${name}`);
    }
    given[name] = value;
  }
  return { chosen, given, write: values['write'] === true };
}

/** A mistake on the command line. */
class UsageError extends Error {}

/** Whether an error is a mistake on the command line. */
export function isUsageError(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
