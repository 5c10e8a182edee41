import { printable } from '../core/printable.ts';

/** What wrong usage is explained from: the commands with their options. */
export interface KnownCommand {
  /** `check config` */
  readonly name: string;
  /** With their dashes. */
  readonly options: readonly string[];
}

/** Wrong usage: what is wrong, and what to do. */
export interface UsageProblem {
  readonly message: string;
  readonly remedy: string;
}

/**
 * Explains arguments that the parser did not accept.
 *
 * @param reason The parser's own first line, used where nothing better is known.
 */
export async function explainUsage(
  argv: readonly string[],
  commands: readonly KnownCommand[],
  reason: string,
): Promise<UsageProblem> {
  const words = leadingWords(argv);
  const command = commandOf(words, commands);
  if (command === undefined) return unknownCommand(words, commands);
  const help = `see \`carbonation ${command.name} --help\``;
  const flags = argv
    .filter((word) => word.startsWith('-') && word !== '-' && word !== '--')
    .map((word) => word.split('=')[0] ?? '');
  const unknown = flags.find((flag) => !command.options.includes(flag));
  if (unknown !== undefined) {
    const { nearest } = await import('../config/suggest.ts');
    const near = nearest(unknown, command.options);
    const message = `\`${command.name}\` has no option ${printable(unknown)}`;
    return { message, remedy: near === null ? help : `did you mean ${near}? ${help}` };
  }
  const extra = words.slice(command.name.split(' ').length);
  const last = flags.at(-1);
  if (extra.length === 0 && last !== undefined && argv.at(-1) === last) {
    return { message: `the option ${last} needs a value`, remedy: help };
  }
  if (extra.length === 0 && reason.startsWith('Not enough positional')) {
    return { message: `\`${command.name}\` needs an argument`, remedy: help };
  }
  if (extra.length === 0) return { message: reason, remedy: help };
  return { message: `\`${command.name}\` takes no argument "${printable(extra[0] ?? '')}"`, remedy: help };
}

/** The words before the first option: the command and its arguments. */
function leadingWords(argv: readonly string[]): readonly string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  return end === -1 ? argv : argv.slice(0, end);
}

function commandOf(words: readonly string[], commands: readonly KnownCommand[]): KnownCommand | undefined {
  const starts = (name: string): boolean => name.split(' ').every((part, i) => words[i] === part);
  return commands.find(({ name }) => starts(name));
}

async function unknownCommand(words: readonly string[], commands: readonly KnownCommand[]): Promise<UsageProblem> {
  const { nearest } = await import('../config/suggest.ts');
  const names = commands.map(({ name }) => name);
  const help = 'see `carbonation --help`';
  if (words.length === 0) return { message: 'no command', remedy: help };
  const [first = ''] = words;
  const family = names.filter((name) => name.startsWith(`${first} `));
  const written = printable(words.slice(0, family.length > 0 ? 2 : 1).join(' '));
  const near = nearest(words.slice(0, 2).join(' '), names) ?? nearest(first, names);
  if (near !== null) return { message: `unknown command "${written}"`, remedy: `did you mean "${near}"? ${help}` };
  if (family.length === 0) return { message: `unknown command "${written}"`, remedy: help };
  const message = words.length === 1 ? `"${written}" is not a command by itself` : `unknown command "${written}"`;
  return { message, remedy: `there is: ${family.join(', ')}` };
}
