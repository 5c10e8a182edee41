import type { FilterDescription } from '../../api/query.ts';

/** An option as a shell completes it. */
export interface CompletedOption {
  /** With their dashes. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** The values it may have; none: any, of which names of files are offered. */
  readonly values: readonly string[];
}

/** A command as a shell completes it. */
export interface CompletedCommand {
  /** `check config` */
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** It takes arguments besides options, of which names of files are offered. */
  readonly takesFiles: boolean;
}

/** What clipanion knows of a command. */
export interface Definition {
  readonly path: string;
  readonly usage: string;
  readonly description?: string;
  readonly options: readonly { readonly definition: string; readonly description?: string }[];
}

/** The commands with their options, as the parser has them. */
export function completedCommands(definitions: readonly Definition[]): readonly CompletedCommand[] {
  return definitions.map(({ path, usage, description = '', options }) => ({
    name: path.replace(/^\S+ /, ''),
    description: description.trim(),
    options: options.map(completedOption),
    // Clipanion writes arguments as <NAME> or [NAME], and options, when it writes them, in other brackets.
    takesFiles: /<[A-Z]|(?:^| )(?:\[[A-Z])|\.\.\./.test(usage),
  }));
}

function completedOption({ definition, description = '' }: Definition['options'][number]): CompletedOption {
  const [names = '', value] = definition.split(' ');
  const takesValue = value !== undefined;
  return { flags: names.split(','), description, takesValue, values: takesValue ? valuesIn(description) : [] };
}

/** The values that an option's description names: those in code quotes, or the list that it begins with. */
function valuesIn(description: string): readonly string[] {
  const quoted = [...description.matchAll(/`([\w-]+)`/g)].map(([, value = '']) => value);
  if (quoted.length > 0) return quoted;
  const [list = ''] = /^(?:[a-z_]+, )+[a-z_]+/.exec(description) ?? [];
  return list === '' ? [] : list.split(', ');
}

/** The options that filters by columns are, which the parser does not know. */
export function filterOptions(filters: readonly FilterDescription[]): readonly CompletedOption[] {
  return filters.map(({ flag, kind, description }) => ({
    flags: kind === 'boolean' ? [flag, `--no-${flag.slice(2)}`] : [flag],
    description,
    takesValue: kind !== 'boolean',
    values: [],
  }));
}

/** The words that may follow the beginning of a command, each with the description of what it leads to. */
export function nextWords(
  commands: readonly CompletedCommand[],
): ReadonlyMap<string, readonly { readonly word: string; readonly description: string }[]> {
  const found = new Map<string, { word: string; description: string }[]>();
  for (const { name, description } of commands) {
    const parts = name.split(' ');
    for (const [i, word] of parts.entries()) {
      const before = parts.slice(0, i).join(' ');
      const words = found.get(before) ?? [];
      const isLast = i === parts.length - 1;
      if (!words.some((one) => one.word === word)) {
        words.push({ word, description: isLast ? description : `${word} …` });
      }
      found.set(before, words);
    }
  }
  return found;
}

/** Shell patterns, of what the scripts call `$skip:$line`, for where the value of an option before the command is written. */
export function optionValues(commands: readonly CompletedCommand[]): string {
  return [...nextWords(commands).keys()].map((before) => `'1:${before}'`).join('|');
}

/** Flags of any command that a value follows. */
export function valueFlags(commands: readonly CompletedCommand[]): readonly string[] {
  const flags = commands.flatMap(({ options }) => options.filter((one) => one.takesValue).flatMap((one) => one.flags));
  return [...new Set(flags)];
}
