import type { Command } from 'commander';
import type { Config } from '../config/config.js';
import { EXIT_CODES, Failure } from '../core/failure.js';
import type { Io } from '../core/io.js';
import { formatJson } from '../terminal/json.js';
import { print } from '../terminal/output.js';
import type { Shell } from './framework/command.js';
import { Flags } from './framework/flags.js';
import { addHelpNotes } from './framework/help.js';
import type { Manual } from './framework/manual/manual.js';
import { addOptions, OUTPUT_OPTIONS } from './framework/options.js';
import { readConfig, readFlags } from './framework/read-config.js';

/** What makes each shell's script. */
const FORMATS: Readonly<Record<string, () => Promise<(manual: Manual) => string>>> = {
  bash: async () => (await import('./framework/manual/bash-completion.js')).formatBashCompletion,
  zsh: async () => (await import('./framework/manual/zsh-completion.js')).formatZshCompletion,
  fish: async () => (await import('./framework/manual/fish-completion.js')).formatFishCompletion,
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
    const { readManual } = await import('./framework/manual/read-manual.js');
    const script = format(readManual(declareAll()));
    const document = { command: 'completion', ok: true, exitCode: EXIT_CODES.done, jobId: null, symbols: [] };
    finish(EXIT_CODES.done);
    await print(io.stdout, flags.isSet('--json') ? formatJson({ ...document, shell, script }) : script);
  });
}

/**
 * `chartctl complete-symbols`: what the scripts of `chartctl completion` ask when a person presses Tab.
 *
 * It prints one symbol a line, in at most about a second, and complains about nothing: a person amid a line wants no
 * message there.
 */
export function addCompleteSymbolsCommand(program: Command, { io, finish }: Shell): void {
  program
    .command('complete-symbols', { hidden: true })
    .description('print the symbols that begin with a text, for the scripts of completion')
    .argument('[prefix]', 'what was typed so far')
    .action(async (text = '') => {
      const prefix = String(text).toUpperCase();
      const config = await findConfig(io);
      const { findKnownSymbols } = await import('../tables/rolling-chart-data/symbols.js');
      const stored = config ? await findKnownSymbols(config.database, prefix) : [];
      const configured = config?.symbols.filter((symbol) => symbol.startsWith(prefix)) ?? [];
      const symbols = [...new Set([...stored, ...configured])].sort();
      finish(EXIT_CODES.done);
      await print(io.stdout, symbols.map((symbol) => `${symbol}\n`).join(''));
    });
}

/** The configuration; undefined when it is refused, which every other command says aloud. */
async function findConfig(io: Io): Promise<Config | undefined> {
  try {
    return readConfig(await readFlags({}, io), io);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
