import { nextWords, optionValues, valueFlags, type CompletedCommand } from './commands.ts';

/** The completion for bash 4 and newer. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const families = [...nextWords(commands)].map(
    ([before, words]) =>
      `    '${before}') COMPREPLY=($(compgen -W '${words.map(({ word }) => word).join(' ')}' -- "$cur")) ;;`,
  );
  return `# carbonation: completion for bash. In ~/.bashrc: source <(carbonation completion bash)
_carbonation_offer() {
  local word as
  for word; do
    # A name may be anything, and is written as one word.
    printf -v as %q "$word"
    [[ $as == "$cur"* || $word == "$cur"* ]] && COMPREPLY+=("$as")
  done
}
_carbonation_list() {
  local before='' word
  [[ $cur == *,* ]] && before=\${cur%,*},
  for word; do
    [[ $before$word == "$cur"* ]] && COMPREPLY+=("$before$word")
  done
}
_carbonation() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} line='' skip=0 i
  # bash takes --option=VALUE for three words.
  [[ $cur == '=' ]] && cur=''
  [[ $prev == '=' ]] && prev=\${COMP_WORDS[COMP_CWORD-2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == '=' ]] && continue
    if ((skip)); then skip=0; continue; fi
    case \${COMP_WORDS[i]} in
      ${valueFlags(commands).join('|')}) skip=1 ;;
      -*) ;;
      *) line+="\${line:+ }\${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case $skip:$line in
    # The value of an option before the command: names of files.
    ${optionValues(commands)}) return ;;
  esac
  case $line in
${families.join('\n')}
${commands.map(commandCase).join('\n')}
  esac
}
complete -o default -F _carbonation carbonation
`;
}

function commandCase({ name, options, takesFiles, words }: CompletedCommand): string {
  const flags = options.flatMap((option) => option.flags);
  const values = options
    .filter((option) => option.values.length > 0)
    .map(({ flags: names, values: known, isList }) => {
      const offer = isList ? '_carbonation_list' : '_carbonation_offer';
      return `${names.join('|')}) ${offer} ${known.map(quoted).join(' ')}; return ;;`;
    });
  // Nothing to offer: bash itself then completes names of files.
  const open = options
    .filter((option) => option.takesValue && option.values.length === 0)
    .flatMap(({ flags }) => flags);
  const lines = [...values, ...(open.length === 0 ? [] : [`${open.join('|')}) return ;;`])];
  return `    '${name}'|'${name} '*)
      case $prev in
${lines.map((line) => `        ${line}`).join('\n')}
      esac
${words.length === 0 ? '' : `      [[ $line == '${name}' && $cur != -* ]] && { _carbonation_offer ${words.map(quoted).join(' ')}; return; }\n`}      ${takesFiles ? '[[ $cur == -* ]] && ' : ''}COMPREPLY=($(compgen -W '${[...flags, '--help'].join(' ')}' -- "$cur"))
      return 0 ;;`;
}

/** A text as one word of bash or zsh, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
