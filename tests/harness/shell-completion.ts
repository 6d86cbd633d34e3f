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

/**
 * What a real shell offers after a line was typed and Tab pressed.
 *
 * @param script what `chartctl completion` printed; where the shell knows it, unset variables are errors
 */
export async function completeIn(
  shell: ShellName,
  script: string,
  line: string,
  { cwd, environment }: { cwd: string; environment: Record<string, string> },
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-shell-'));
  try {
    const file = (name: string, text: string) => (writeFileSync(join(folder, name), text), join(folder, name));
    const scriptFile = file('completion', script);
    const answer = join(folder, 'answer');
    const [argv, read] = {
      bash: () => [['--norc', file('ask', BASH), scriptFile, line], undefined] as const,
      zsh: () => [['-f', file('ask', ZSH), scriptFile, line, answer], () => readFileSync(answer, 'utf8')] as const,
      fish: () => [['--no-config', file('ask', FISH), scriptFile, line], undefined] as const,
    }[shell]();
    const env = { PATH: process.env.PATH, HOME: folder, TERM: 'dumb', ...environment };
    const { stdout, stderr } = await execute(shell, argv, { cwd, env, timeout: 20_000 });
    if (stderr !== '') throw new Error(`${shell} complained: ${stderr}`);
    const lines = (read ? read() : stdout).split('\n').filter((word) => word !== '');
    // fish repeats the flag and adds descriptions; zsh quotes what it would insert
    const words = lines.map((word) => word.split('\t')[0]!.replace(/^--[\w-]+=/, ''));
    return [...new Set(words.map((word) => (shell === 'zsh' ? word.replace(/\\(.)/g, '$1') : word)))].sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Calls the function that `complete` registered, as readline does: with the words of the line, split at `=` too. */
const BASH = `
set -u
source "$1"
line=$2
read -ra COMP_WORDS <<< "\${line//=/ = }"
if [[ $line == *' ' || $line == *= ]]; then COMP_WORDS+=(''); fi
if [[ $line == *= ]]; then unset 'COMP_WORDS[-1]'; fi
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
read -ra registered <<< "$(complete -p chartctl)"
"\${registered[2]}" chartctl "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "\${COMPREPLY[@]+"\${COMPREPLY[@]}"}"
`;

const FISH = `
source $argv[1]
complete -C "$argv[2]"
`;

/** Types the line into an interactive zsh on a terminal of its own, and notes what its completion system offers. */
const ZSH = `
zmodload zsh/zpty
zpty asked zsh -f -i
zpty -w asked "setopt nounset; autoload -Uz compinit; compinit -u -D; source $1"
zpty -w asked 'bindkey "^I" complete-word; LISTMAX=10000; exec 3>>'$3'
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
  local -a offered
  builtin compadd -A offered "$@"
  print -rl -u 3 -- $offered
  builtin compadd "$@"
}
finish() { print -u 3 -- "--end--" }
comppostfuncs=(finish)
echo re""ady'
while zpty -r asked line; do [[ $line == *ready* ]] && break; done
zpty -n -w asked "$2"$'\\t'
repeat 150; do
  [[ -f $3 && "$(< $3)" == *--end--* ]] && break
  sleep 0.1
done
zpty -d asked
[[ "$(< $3)" == *--end--* ]] || { print -u2 'zsh did not complete'; exit 1 }
grep -v -e '^--end--$' $3 > $3.done
mv $3.done $3
`;
