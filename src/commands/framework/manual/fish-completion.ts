import { type CommandManual, type Manual, oneLine, type OptionManual, type ValueKind } from './manual.js';

/** The script that completes the program's words in fish (3.1 or later). */
export function formatFishCompletion({ name, version, options, commands, help }: Manual): string {
  const all = [...commands, help];
  return `# fish completion of ${name} ${version}, printed by: ${name} completion fish
#
# To try it:   ${name} completion fish | source
# To keep it:  ${name} completion fish > ~/.config/fish/completions/${name}.fish

# Whether the command of the line is this one; without an argument: whether there is none yet.
function __${name}_is
    set -l words (commandline -opc)
    set -l command (string match -v -- '-*' $words[2..-1])[1]
    test "$command" = "$argv[1]"
end

# The symbols that begin with the word at the cursor.
function __${name}_symbols
    set -l words (commandline -opc)
    command -q $words[1]; or return
    $words[1] complete-symbols -- (commandline -ct | string replace -r '^--[^=]*=' '') 2>/dev/null
end

complete -c ${name} -e
complete -c ${name} -f
${formatOptions(name, '', options).join('\n')}
${all.map((command) => `${complete(name, '')} -a ${quoteCandidates([command.name])} -d ${quote(oneLine(command.description))}`).join('\n')}
${all.flatMap((command) => formatCommand(name, command)).join('\n')}
`;
}

function formatCommand(program: string, { name, options, arguments: declared }: CommandManual): string[] {
  const values = declared.map((argument) => `${complete(program, name)} ${toCandidates(program, argument.values)}`);
  return ['', ...values.filter((line) => !line.endsWith(' ')), ...formatOptions(program, name, options)];
}

function formatOptions(program: string, command: string, options: readonly OptionManual[]): string[] {
  return options.map(({ names, description, values }) => {
    const flags = names.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
    const value = values ? ` ${values.kind === 'files' ? '-r' : '-x'} ${toCandidates(program, values)}` : '';
    return `${complete(program, command)} ${flags.join(' ')}${value.trimEnd()} -d ${quote(oneLine(description))}`;
  });
}

function complete(program: string, command: string): string {
  return `complete -c ${program} -n ${quote(`__${program}_is ${command}`.trim())}`;
}

/** The arguments of `complete` for values. */
function toCandidates(program: string, values: ValueKind): string {
  if (values.kind === 'words') return `-a ${quoteCandidates(values.words)}`;
  if (values.kind === 'symbols') return `-a '(__${program}_symbols)'`;
  return { files: '-F', folders: "-a '(__fish_complete_directories)'", anything: '' }[values.kind];
}

/** Quoted twice: fish expands the text of `-a` again when it completes. */
function quoteCandidates(words: readonly string[]): string {
  return quote(words.map((word) => (/^[\w./-]+$/.test(word) ? word : quote(word))).join(' '));
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
