import { quoted } from './bash.ts';
import { nextWords, optionValues, valueFlags, type CompletedCommand } from './commands.ts';

/** The completion for zsh; `_describe` shows what each word means. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const families = [...nextWords(commands)].map(
    ([before, words]) => `    ('${before}')
      found=(${words.map(({ word, description }) => described(word, description)).join(' ')})
      _describe command found ;;`,
  );
  return `#compdef carbonation
# carbonation: completion for zsh. In ~/.zshrc, after compinit: source <(carbonation completion zsh)
_carbonation() {
  local prev=\${words[CURRENT-1]} line='' word skip=0 i
  local -a found
  if [[ \${words[CURRENT]} == --*=* ]]; then
    prev=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if ((skip)); then skip=0; continue; fi
    case $word in
      (${valueFlags(commands).join('|')}) skip=1 ;;
      (-*) ;;
      (*) line+="\${line:+ }$word" ;;
    esac
  done
  case $skip:$line in
    # The value of an option before the command.
    (${optionValues(commands)}) _files; return ;;
  esac
  case $line in
${families.join('\n')}
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _carbonation ]]; then
  _carbonation "$@"
else
  compdef _carbonation carbonation
fi
`;
}

function commandCase({ name, options, takesFiles, words: known }: CompletedCommand): string {
  const values = options
    .filter((option) => option.takesValue)
    .map(({ flags, values, isList }) =>
      values.length > 0
        ? `(${flags.join('|')}) ${isList ? "compset -P '*,'; " : ''}compadd -- ${values.map(quoted).join(' ')}; return ;;`
        : `(${flags.join('|')}) _files; return ;;`,
    );
  const words = options.flatMap(({ flags, description }) => flags.map((flag) => described(flag, description)));
  return `    ('${name}'|'${name} '*)
      case $prev in
${values.map((line) => `        ${line}`).join('\n')}
      esac
${known.length === 0 ? '' : `      [[ $line == '${name}' && \${words[CURRENT]} != -* ]] && { compadd -- ${known.map(quoted).join(' ')}; return }\n`}      ${takesFiles ? '[[ ${words[CURRENT]} == -* ]] || _files' : ':'}
      found=(${[...words, described('--help', 'how it is used, with examples')].join(' ')})
      _describe option found ;;`;
}

function described(word: string, description: string): string {
  return quoted(`${word.replaceAll(':', '\\:')}:${description}`);
}
