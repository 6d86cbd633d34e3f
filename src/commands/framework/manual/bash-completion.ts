import { quoteForShell } from '../../../core/shell-words.js';
import type { CommandManual, Manual, ValueKind } from './manual.js';

/** The script that completes the program's words in bash (3.2 or later; it needs no other package). */
export function formatBashCompletion({ name, version, options, commands, help }: Manual): string {
  const all = [...commands, help];
  const program = { name: '', options, arguments: [wordsOf(all)] };
  const cases = [program, ...all];
  return `# bash completion of ${name} ${version}, printed by: ${name} completion bash
#
# To try it:   source <(${name} completion bash)
# To keep it:  put that line into ~/.bashrc, or with the package bash-completion:
#              mkdir -p ~/.local/share/bash-completion/completions
#              ${name} completion bash > ~/.local/share/bash-completion/completions/${name}

# The flags of a command, into "words".
_${name}_flags() {
  case $1 in
${cases.map((command) => `    ${quoteForShell(command.name)}) words=(${toWords(namesOf(command))}) ;;`).join('\n')}
  esac
}

# What follows a flag: its kind into "kind", fixed words into "words". Fails when nothing follows it.
_${name}_value() {
  case "$1 $2" in
${all.flatMap(formatValueCases).join('\n')}
    *) return 1 ;;
  esac
}

# What an argument is: its kind into "kind", fixed words into "words".
_${name}_argument() {
  case "$1 $2" in
${cases.flatMap(formatArgumentCases).join('\n')}
  esac
}

_${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  local command='' place=0 kind='' i candidate
  local -a words
  words=()
  COMPREPLY=()
  # bash makes three words of --flag=value
  if [[ $word == '=' ]]; then
    word=''
  elif [[ $before == '=' && $COMP_CWORD -gt 1 ]]; then
    before=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i += 1)); do
    candidate=\${COMP_WORDS[i]}
    if [[ $candidate == '=' ]]; then
      continue
    elif [[ $candidate == -* ]]; then
      if _${name}_value "$command" "$candidate"; then
        i=$((i + 1))
        if [[ \${COMP_WORDS[i]} == '=' ]]; then i=$((i + 1)); fi
      fi
    elif [[ -z $command ]]; then
      command=$candidate
    else
      place=$((place + 1))
    fi
  done
  words=()
  kind=''
  if ! _${name}_value "$command" "$before"; then
    if [[ $word == -* ]]; then
      _${name}_flags "$command"
    else
      _${name}_argument "$command" "$place"
    fi
  fi
  case $kind in
    symbols)
      while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done \\
        < <("$1" complete-symbols -- "$word" 2> /dev/null)
      ;;
    files | folders)
      compopt -o filenames 2> /dev/null
      local action=-f
      if [[ $kind == folders ]]; then action=-d; fi
      while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen "$action" -- "$word")
      ;;
    *)
      for candidate in \${words[@]+"\${words[@]}"}; do
        if [[ $candidate == "$word"* ]]; then COMPREPLY+=("$candidate"); fi
      done
      ;;
  esac
}

complete -F _${name} ${name}
`;
}

/** The part of a command that completion needs; the program itself has an empty name. */
type Completed = Pick<CommandManual, 'name' | 'options' | 'arguments'>;

function wordsOf(commands: readonly CommandManual[]): CommandManual['arguments'][number] {
  const values: ValueKind = { kind: 'words', words: commands.map((command) => command.name) };
  return { text: '[command]', description: '', isVariadic: false, values };
}

function namesOf({ options }: Completed): string[] {
  return options.flatMap(({ names }) => names);
}

function formatValueCases({ name, options }: Completed): string[] {
  return options.flatMap(({ names, values }) =>
    values ? names.map((flag) => `    ${quoteForShell(`${name} ${flag}`)}) ${toAssignment(values)} ;;`) : [],
  );
}

function formatArgumentCases({ name, arguments: declared }: Completed): string[] {
  return declared.map(({ isVariadic, values }, place) => {
    const pattern = isVariadic ? `${quoteForShell(`${name} `)}*` : quoteForShell(`${name} ${place}`);
    return `    ${pattern}) ${toAssignment(values)} ;;`;
  });
}

function toAssignment(values: ValueKind): string {
  return values.kind === 'words' ? `words=(${toWords(values.words)})` : `kind=${values.kind}`;
}

function toWords(words: readonly string[]): string {
  return words.map(quoteForShell).join(' ');
}
