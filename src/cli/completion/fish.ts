import { nextWords, valueFlags, type CompletedCommand, type CompletedOption } from './commands.ts';

/** The completion for fish. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const families = [...nextWords(commands)].flatMap(([before, words]) =>
    words.map(({ word, description }) => complete(`__carbonation_is '${before}'`, `-a ${word}`, description)),
  );
  const files = [...nextWords(commands).keys()].map((before) =>
    complete(`__carbonation_is '${`${before} -`.trim()}'`, '-F', ''),
  );
  const options = commands.flatMap((command) => [
    ...command.options.map((option) =>
      complete(`__carbonation_in '${command.name}'`, optionWords(option), option.description),
    ),
    complete(`__carbonation_in '${command.name}'`, '-l help', 'how it is used, with examples'),
    ...(command.words.length > 0
      ? [complete(`__carbonation_is '${command.name}'`, `-a ${wordList(command.words)}`, '')]
      : []),
    ...(command.takesFiles ? [complete(`__carbonation_in '${command.name}'`, '-F', '')] : []),
  ]);
  return `# carbonation: completion for fish. carbonation completion fish > ~/.config/fish/completions/carbonation.fish
function __carbonation_line
  set -l words (commandline -opc)
  set -l line
  set -l skip 0
  for word in $words[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case ${valueFlags(commands).join(' ')}
        set skip 1
      case '-*'
      case '*'
        set -a line $word
    end
  end
  # The value of an option is no word of a command.
  test $skip = 1; and set -a line -
  string join ' ' -- $line
end
function __carbonation_is
  test (__carbonation_line | string collect --allow-empty) = "$argv[1]"
end
function __carbonation_list
  set -l before (commandline -ct | string replace -r -- '^--[^=]*=' '' | string match -r -- '.*,')
  printf '%s\\n' "$before"$argv
end
function __carbonation_in
  string match -q -- "$argv[1] *" (__carbonation_line)' '
end
complete -c carbonation -f
${[...families, ...files, ...options].join('\n')}
`;
}

function complete(condition: string, words: string, description: string): string {
  const shown = description === '' ? '' : ` -d ${quoted(description)}`;
  return `complete -c carbonation -n ${quoted(condition)} ${words}${shown}`;
}

function optionWords({ flags, takesValue, values, isList }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
  if (!takesValue) return names;
  if (values.length === 0) return `${names} -r -F`;
  return `${names} -x -a ${isList ? quoted(`(__carbonation_list ${values.map(quoted).join(' ')})`) : wordList(values)}`;
}

/** fish reads the words as a command line, again. */
function wordList(words: readonly string[]): string {
  return quoted(words.map(quoted).join(' '));
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
