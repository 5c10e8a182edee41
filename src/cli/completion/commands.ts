import type { FilterDescription } from '../../api/query.ts';

/** An option as a shell completes it. */
export interface CompletedOption {
  /** With their dashes. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** The values it may have; none: any, of which names of files are offered. */
  readonly values: readonly string[];
  /** It may have several of them, with commas between. */
  readonly isList: boolean;
}

/** A command as a shell completes it. */
export interface CompletedCommand {
  /** `check config` */
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** It takes arguments besides options, of which names of files are offered. */
  readonly takesFiles: boolean;
  /** What its one argument may be; none: it has none, or it may be anything. */
  readonly words: readonly string[];
}

/** Words of which the parser does not know that they are offered: names in a project, and what an argument may be. */
export interface OfferedWords {
  /** By flag. */
  readonly options: Readonly<Record<string, readonly string[]>>;
  /** Of the argument, by command. */
  readonly arguments: Readonly<Record<string, readonly string[]>>;
}

/** What clipanion knows of a command. */
export interface Definition {
  readonly path: string;
  readonly usage: string;
  readonly description?: string;
  readonly options: readonly { readonly definition: string; readonly description?: string }[];
}

/** The commands with their options, as the parser has them. */
export function completedCommands(
  definitions: readonly Definition[],
  offered: OfferedWords,
): readonly CompletedCommand[] {
  return definitions.map(({ path, usage, description = '', options }) => {
    const name = path.replace(/^\S+ /, '');
    const words = offered.arguments[name] ?? [];
    return {
      name,
      description: description.trim(),
      options: options.map((option) => completedOption(option, offered.options)),
      // Clipanion writes arguments as <NAME> or [NAME], and options, when it writes them, in other brackets.
      takesFiles: words.length === 0 && /<[A-Z]|(?:^| )(?:\[[A-Z])|\.\.\./.test(usage),
      words,
    };
  });
}

function completedOption(
  { definition, description = '' }: Definition['options'][number],
  offered: OfferedWords['options'],
): CompletedOption {
  const [names = '', value] = definition.split(' ');
  const takesValue = value !== undefined;
  const flags = names.split(',');
  const known = offered[flags.at(-1) ?? ''] ?? valuesIn(description);
  return { flags, description, takesValue, values: takesValue ? known : [], isList: false };
}

/** The values that an option's description names: those in code quotes, or the list that it begins with. */
function valuesIn(description: string): readonly string[] {
  const quoted = [...description.matchAll(/`([\w-]+)`/g)].map(([, value = '']) => value);
  if (quoted.length > 0) return quoted;
  const [list = ''] = /^(?:[a-z_]+, )+[a-z_]+/.exec(description) ?? [];
  return list === '' ? [] : list.split(', ');
}

/** The options that filters by columns are, which the parser does not know. */
export function filterOptions(
  filters: readonly FilterDescription[],
  offered: OfferedWords['options'],
): readonly CompletedOption[] {
  return filters.map(({ flag, kind, description, isPlugin }) => ({
    flags: kind === 'boolean' ? [flag, `--no-${flag.slice(2)}`] : [flag],
    description,
    takesValue: kind !== 'boolean',
    values: isPlugin ? [] : (offered[flag] ?? []),
    isList: false,
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
