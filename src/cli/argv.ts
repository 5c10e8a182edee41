/** Global options as they were found, and the other arguments. */
interface SplitArguments {
  readonly globals: readonly string[];
  readonly rest: readonly string[];
}

/** `-cPATH`, `-mMESSAGE`, `-oPATH`: a short option and its value in one word, which the parser does not know. */
const attached = /^-(?<letter>[cmo])=?(?<value>[^=][^]*)$/;
const longNames: Readonly<Record<string, string>> = { c: 'config', m: 'message', o: 'output' };

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
    const { letter = '', value: joined = '' } = takesNext(argv[i - 1], rest) ? {} : (attached.exec(word)?.groups ?? {});
    if ((word === '-c' || word === '--config') && value !== undefined) {
      globals.push(`--config=${value}`);
      i += 1;
    } else if (letter !== '') {
      (letter === 'c' ? globals : rest).push(`--${longNames[letter]}=${joined}`);
    } else if (word === '-c' || word === '--config' || word === '--verbose' || word.startsWith('--config=')) {
      globals.push(word);
    } else {
      rest.push(word);
    }
  }
  return { globals, rest };
}

/** Whether a word may be the value of the one before: of `query files`, whose values may begin with a dash, as `-completed_at` does. */
function takesNext(before: string | undefined, rest: readonly string[]): boolean {
  return rest[0] === 'query' && before !== undefined && /^--(?!count$)[^=]+$/.test(before);
}
