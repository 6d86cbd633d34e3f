import type { Command } from 'commander';
import { Flags } from '../cli/flags.js';
import { formatJson } from '../cli/json-document.js';
import type { Manual } from '../cli/manual/manual.js';
import { print } from '../cli/write-out.js';
import { EXIT_CODES, Failure } from '../core/failure.js';
import { addHelpNotes } from './help-notes.js';
import { addOptions, OUTPUT_OPTIONS } from './shared-options.js';
import type { Shell } from './shell.js';

/** What makes each shell's script. */
const FORMATS: Readonly<Record<string, () => Promise<(manual: Manual) => string>>> = {
  bash: async () => (await import('../cli/manual/bash-completion.js')).formatBashCompletion,
  zsh: async () => (await import('../cli/manual/zsh-completion.js')).formatZshCompletion,
  fish: async () => (await import('../cli/manual/fish-completion.js')).formatFishCompletion,
};

/**
 * `chartctl completion`: the script with which a shell completes our words.
 *
 * @param declareAll gives the program with every command, of which otherwise only the called one is declared
 */
export function addCompletionCommand(program: Command, { io, finish }: Shell, declareAll: () => Command): void {
  const command = program
    .command('completion')
    .description('print the script with which a shell completes commands, flags and symbols')
    .argument(`<${Object.keys(FORMATS).join('|')}>`, 'the shell');
  addHelpNotes(
    addOptions(command, OUTPUT_OPTIONS),
    [
      ['source <(chartctl completion bash)', 'a line for ~/.bashrc'],
      ['source <(chartctl completion zsh)', 'a line for ~/.zshrc, after compinit'],
      ['chartctl completion fish | source', 'a line for ~/.config/fish/config.fish'],
    ],
    ['', 'Symbols are those of the database (when it answers within a second) and of CHARTCTL_SYMBOLS.'],
  ).action(async (shell: string) => {
    const flags = new Flags(command.opts(), io.cwd);
    const load = Object.hasOwn(FORMATS, shell) ? FORMATS[shell] : undefined;
    if (!load) {
      const hint = `expected ${Object.keys(FORMATS).join(', ')}`;
      throw new Failure('usage', `the shell was "${shell}"`, { hint });
    }
    const format = await load();
    const { readManual } = await import('./read-manual.js');
    const script = format(readManual(declareAll()));
    const document = { command: 'completion', ok: true, exitCode: EXIT_CODES.done, jobId: null, symbols: [] };
    finish(EXIT_CODES.done);
    await print(io.stdout, flags.isSet('--json') ? formatJson({ ...document, shell, script }) : script);
  });
}
