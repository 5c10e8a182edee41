import { parseArgs } from 'node:util';
import { printable } from '../core/printable.ts';

/** An option as the parser knows it. */
export interface KnownOption {
  /** `message` */
  readonly name: string;
  /** `m` */
  readonly short: string | null;
  readonly takesValue: boolean;
  readonly isRequired: boolean;
}

/** What wrong usage is explained from: the commands with what they take. */
export interface KnownCommand {
  /** `check config` */
  readonly name: string;
  readonly options: readonly KnownOption[];
  /** The fewest and the most arguments that it takes. */
  readonly least: number;
  readonly most: number;
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
  if (command === undefined) return words.length === 0 ? noCommand(argv) : unknownCommand(words, commands);
  const help = `see \`carbonation ${command.name} --help\``;
  const { unknown, problem, operands, given } = readArguments(argv, command);
  if (unknown !== null) {
    const { nearest } = await import('../config/suggest.ts');
    // Any letter is near any other.
    const near = unknown.startsWith('--') ? nearest(unknown, command.options.flatMap(flagsOf)) : null;
    const message = `\`${command.name}\` has no option ${printable(unknown)}`;
    return { message, remedy: near === null ? help : `did you mean ${near}? ${help}` };
  }
  if (problem !== null) return { message: problem, remedy: help };
  const surplus = operands[command.most];
  if (surplus !== undefined) {
    const takes = command.most === 0 ? 'takes no argument' : 'takes no further argument';
    return { message: `\`${command.name}\` ${takes} "${printable(surplus)}"`, remedy: help };
  }
  if (operands.length < command.least) return { message: `\`${command.name}\` needs an argument`, remedy: help };
  const missing = command.options.find(({ name, isRequired }) => isRequired && !given.includes(name));
  if (missing === undefined) return { message: reason, remedy: help };
  return { message: `\`${command.name}\` needs the option ${flagsOf(missing).join(' or ')}`, remedy: help };
}

function flagsOf({ name, short }: KnownOption): readonly string[] {
  return short === null ? [`--${name}`] : [`-${short}`, `--${name}`];
}

/** What stands behind a command. */
interface FoundArguments {
  /** The first option that the command does not have. */
  readonly unknown: string | null;
  /** What is wrong with the value of the first option for which something is. */
  readonly problem: string | null;
  /** What is neither an option nor the value of one. */
  readonly operands: readonly string[];
  /** The names of the options. */
  readonly given: readonly string[];
}

function readArguments(argv: readonly string[], { name: command, options }: KnownCommand): FoundArguments {
  const { tokens } = parseArgs({
    args: argv.slice(command.split(' ').length),
    options: Object.fromEntries(
      options.map(({ name, short, takesValue }) => [
        name,
        { type: takesValue ? ('string' as const) : ('boolean' as const), ...(short !== null && { short }) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = tokens.filter((token) => token.kind === 'option');
  const unknown = given.find((token) => !options.some(({ name }) => name === token.name));
  const problems = given.flatMap(({ name, rawName, value, inlineValue = false }) => {
    const takesValue = options.some((one) => one.name === name && one.takesValue);
    if (!takesValue) return inlineValue ? [`the option ${rawName} takes no value`] : [];
    // The parser takes the next word for an option when it looks like one.
    const isValue = inlineValue || (value !== undefined && !/^-./.test(value));
    return isValue ? [] : [`the option ${rawName} needs a value`];
  });
  return {
    unknown: unknown?.rawName ?? null,
    problem: problems[0] ?? null,
    operands: tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : [])),
    given: given.map(({ name }) => name),
  };
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

/** What is understood before the name of a command has been moved behind it, or is an option of it. */
async function noCommand([first = '']: readonly string[]): Promise<UsageProblem> {
  const help = 'see `carbonation --help`';
  const [flag = ''] = first.split('=');
  if (['-c', '--config', '--verbose'].includes(flag)) return { message: 'no command', remedy: help };
  const { nearest } = await import('../config/suggest.ts');
  const near = flag.startsWith('--') ? nearest(flag, ['--config', '--verbose', '--version', '--help']) : null;
  const remedy = near === null ? 'write the command first;' : `did you mean ${near}?`;
  return { message: `no command before ${printable(flag)}`, remedy: `${remedy} ${help}` };
}

async function unknownCommand(words: readonly string[], commands: readonly KnownCommand[]): Promise<UsageProblem> {
  const { nearest } = await import('../config/suggest.ts');
  const names = commands.map(({ name }) => name);
  const help = 'see `carbonation --help`';
  const [first = ''] = words;
  const family = names.filter((name) => name.startsWith(`${first} `));
  const written = printable(words.slice(0, family.length > 0 ? 2 : 1).join(' '));
  const near = nearest(words.slice(0, 2).join(' '), names) ?? nearest(first, names);
  if (near !== null) return { message: `unknown command "${written}"`, remedy: `did you mean "${near}"? ${help}` };
  if (family.length === 0) return { message: `unknown command "${written}"`, remedy: help };
  const message = words.length === 1 ? `"${written}" is not a command by itself` : `unknown command "${written}"`;
  return { message, remedy: `there is: ${family.join(', ')}` };
}
