/** Global options as they were found, and the other arguments. */
interface SplitArguments {
  readonly globals: readonly string[];
  readonly rest: readonly string[];
}

/** `-cPATH`, as it may be written before the command; behind it `-completed_at` is what `--order-by` takes. */
const attached = /^-c=?(?=[^=])/;

/**
 * Moves the global options (`-c`, `--config`, `--verbose`) behind the command, where the parser expects them; they may
 * be written before it. What follows `--` is left alone. `help COMMAND` becomes `COMMAND --help`.
 */
export function normaliseArguments(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  const others = end === -1 ? [] : argv.slice(end);
  const { globals, rest } = splitGlobals(own);
  const words = rest[0] === 'help' ? [...rest.slice(1), '--help'] : rest;
  return [...words, ...globals, ...others];
}

function splitGlobals(argv: readonly string[]): SplitArguments {
  const globals: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    const value = argv[i + 1];
    if ((word === '-c' || word === '--config') && value !== undefined) {
      globals.push(`--config=${value}`);
      i += 1;
    } else if (rest.length === 0 && attached.test(word)) {
      globals.push(word.replace(attached, '--config='));
    } else if (word === '-c' || word === '--config' || word === '--verbose' || word.startsWith('--config=')) {
      globals.push(word);
    } else {
      rest.push(word);
    }
  }
  return { globals, rest };
}
