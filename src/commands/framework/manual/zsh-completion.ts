import { quoteForShell } from '../../../core/shell-words.js';
import {
  type ArgumentManual,
  type CommandManual,
  type Manual,
  oneLine,
  type OptionManual,
  type ValueKind,
} from './manual.js';

/** The script that completes the program's words in zsh; to be sourced, or to be autoloaded from `fpath`. */
export function formatZshCompletion({ name, version, options, commands, help }: Manual): string {
  const all = [...commands, help];
  return `#compdef ${name}
# zsh completion of ${name} ${version}, printed by: ${name} completion zsh
#
# To try it:   source <(${name} completion zsh)
# To keep it:  put that line into ~/.zshrc, after "autoload -Uz compinit && compinit"; or, before it:
#              mkdir -p ~/.zfunc && ${name} completion zsh > ~/.zfunc/_${name}
#              fpath=(~/.zfunc $fpath)

_${name}_symbols() {
  local -a symbols expl
  symbols=(\${(f)"$(_call_program symbols "$program" complete-symbols -- "\${(q)PREFIX}" 2> /dev/null)"})
  _wanted symbols expl symbol compadd -M 'm:{a-z}={A-Z}' -a symbols
}

_${name}_commands() {
  local -a commands
  commands=(
${all.map((command) => `    ${quote(`${escape(command.name, ':\\')}:${oneLine(command.description)}`)}`).join('\n')}
  )
  _describe -t commands command commands
}

_${name}() {
  local curcontext=$curcontext state line program=$words[1]
  typeset -A opt_args
  _arguments -C -S \\
${formatSpecs(name, options)}
    '1: :_${name}_commands' \\
    '*:: :->rest' && return
  [[ $state == rest ]] || return 1
  curcontext="\${curcontext%:*:*}:${name}-$words[1]:"
  case $words[1] in
${all.map((command) => formatCommand(name, command)).join('\n')}
  esac
}

if [[ \${funcstack[1]-} == _${name} ]]; then
  _${name} "$@" # autoloaded
elif (( \${+functions[compdef]} )); then
  compdef _${name} ${name}
else
  print -u2 '${name}: completion needs this before: autoload -Uz compinit && compinit'
fi
`;
}

function formatCommand(program: string, { name, options, arguments: declared }: CommandManual): string {
  const specs = [
    formatSpecs(program, options),
    ...declared.map((argument, i) => `    ${quote(toArgumentSpec(program, argument, i + 1))} \\`),
  ];
  const lines = specs.filter((spec) => spec !== '').join('\n');
  return `    ${quoteForShell(name)})\n      _arguments -S \\\n${indent(lines.replace(/ \\$/, ''))}\n      ;;`;
}

function formatSpecs(program: string, options: readonly OptionManual[]): string {
  return options.flatMap((option) => toOptionSpecs(program, option).map((spec) => `    ${quote(spec)} \\`)).join('\n');
}

/** Specifications as `_arguments` reads them; the names of one flag exclude each other, and help excludes all. */
function toOptionSpecs(program: string, { names, description, values, isRepeated }: OptionManual): string[] {
  const isLast = names.includes('--help') || names.includes('--version');
  const others = isLast ? '(- *)' : names.length > 1 ? `(${names.join(' ')})` : isRepeated ? '*' : '';
  const value = values ? `: :${toAction(program, values)}` : '';
  return names.map((flag) => `${others}${flag}${value ? '=' : ''}[${escape(oneLine(description), '[]\\:')}]${value}`);
}

function toArgumentSpec(program: string, { text, isVariadic, values }: ArgumentManual, place: number): string {
  const isOptional = text.startsWith('[');
  return `${isVariadic ? '*' : place}${isOptional && !isVariadic ? '::' : ':'} :${toAction(program, values)}`;
}

function toAction(program: string, values: ValueKind): string {
  if (values.kind === 'words') return `(${values.words.map((word) => word.replace(/[^\w./-]/g, '\\$&')).join(' ')})`;
  if (values.kind === 'symbols') return `_${program}_symbols`;
  return { files: '_files', folders: '_files -/', anything: '' }[values.kind];
}

function escape(text: string, characters: string): string {
  return [...text].map((character) => (characters.includes(character) ? `\\${character}` : character)).join('');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function indent(lines: string): string {
  return lines.replace(/^/gm, '    ');
}
