import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export type ShellName = 'bash' | 'zsh' | 'fish';

export function hasShell(shell: ShellName): boolean {
  try {
    execFileSync(shell, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Separates the completions of two lines. */
const SEPARATOR = '--end--';

/**
 * The completions that a real shell offers for each line.
 *
 * @param script the output of `chartctl completion`; where the shell can, unset variables are errors
 */
export async function completeIn(
  shell: ShellName,
  script: string,
  lines: readonly string[],
  { cwd, environment }: { cwd: string; environment: Record<string, string> },
): Promise<string[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-shell-'));
  try {
    const [ask, sourced, answer] = ['ask', 'script', 'answer'].map((name) => join(folder, name)) as [
      string,
      ...string[],
    ];
    writeFileSync(ask, PROGRAMS[shell]);
    writeFileSync(sourced!, script);
    const env = { PATH: process.env.PATH, HOME: folder, TERM: 'dumb', ...environment };
    const argv = [NO_SETTINGS[shell], ask, sourced!, answer!, ...lines];
    const { stdout, stderr } = await execute(shell, argv, { cwd, env, timeout: 50_000 });
    if (stdout + stderr !== '') throw new Error(`${shell} complained: ${stdout}${stderr}`);
    const answers = readFileSync(answer!, 'utf8').split(`${SEPARATOR}\n`).slice(0, -1);
    return answers.map((text) => toWords(shell, text));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The completions in order: fish repeats the flag and adds descriptions, zsh quotes the insertion. */
function toWords(shell: ShellName, text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const words = lines.map((line) => line.split('\t')[0]!.replace(/^--[\w-]+=/, ''));
  return [...new Set(words.map((word) => (shell === 'zsh' ? word.replace(/\\(.)/g, '$1') : word)))].sort();
}

/** Starts the shell without startup files. */
const NO_SETTINGS = { bash: '--norc', zsh: '-f', fish: '--no-config' };

const PROGRAMS: Record<ShellName, string> = {
  // calls the function that `complete` registered as readline does: with the words of the line, split at `=` too
  bash: `
set -u
source "$1"
exec > "$2"
for line in "\${@:3}"; do
  read -ra COMP_WORDS <<< "\${line//=/ = }"
  if [[ $line == *' ' ]]; then COMP_WORDS+=(''); fi
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  read -ra registered <<< "$(complete -p chartctl)"
  "\${registered[2]}" chartctl "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
  printf '%s\n' "\${COMPREPLY[@]+"\${COMPREPLY[@]}"}" ${SEPARATOR}
done
`,

  fish: `
source $argv[1]
for line in $argv[3..-1]
    complete -C "$line" >> $argv[2]
    echo ${SEPARATOR} >> $argv[2]
end
`,

  // types the lines into an interactive zsh on a pseudo-terminal and records the completions
  zsh: `
zmodload zsh/zpty
zpty asked zsh -f -i
zpty -w asked "setopt nounset; autoload -Uz compinit; compinit -u -D; source $1"
zpty -w asked 'bindkey "^I" complete-word; LISTMAX=10000; exec 3>>'$2'
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
  local -a offered
  builtin compadd -A offered "$@"
  print -rl -u 3 -- $offered
  builtin compadd "$@"
}
finish() { print -u 3 -- "${SEPARATOR}"; comppostfuncs=(finish) }
comppostfuncs=(finish)
echo re""ady'
while zpty -r asked line; do [[ $line == *ready* ]] && break; done
integer asked=0
for line in "\${@[3,-1]}"; do
  zpty -n -w asked $'\\C-u'"$line"$'\\t'
  asked+=1
  repeat 300; do
    [[ $(grep -c -x -e ${SEPARATOR} $2) == $asked ]] && break
    sleep 0.03
    while zpty -r -t asked screen; do :; done
  done
done
zpty -d asked
`,
};
