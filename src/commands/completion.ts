import type { Config } from '../config/config.js';
import { Failure } from '../core/failure.js';
import type { Io } from '../core/io.js';
import { toStoredForm } from '../core/symbol.js';
import type { Command, CommandResult } from './framework/command.js';
import type { Manual } from './framework/manual/manual.js';
import { OUTPUT_OPTIONS } from './framework/options/options.js';
import { readConfig, readFlags } from './framework/options/read-config.js';
import { createProgram } from './framework/parse-command-line.js';

/** The formatter of each shell's script. */
const FORMATTERS: Readonly<Record<string, () => Promise<(manual: Manual) => string>>> = {
  bash: async () => (await import('./framework/manual/bash-completion.js')).formatBashCompletion,
  zsh: async () => (await import('./framework/manual/zsh-completion.js')).formatZshCompletion,
  fish: async () => (await import('./framework/manual/fish-completion.js')).formatFishCompletion,
};

interface CompletionResult extends CommandResult {
  shell: string;
  script: string;
}

export const completionCommand: Command<CompletionResult> = {
  name: 'completion',
  otherNames: ['complete', 'autocomplete'],
  description: 'print the script that completes commands, flags and symbols in a shell',
  arguments: [[`<${Object.keys(FORMATTERS).join('|')}>`, 'the shell']],
  options: OUTPUT_OPTIONS,
  notes: ['', 'Symbols are those of the database (when it answers within a second) and of CHARTCTL_SYMBOLS.'],
  examples: [
    ['source <(chartctl completion bash)', 'a line for ~/.bashrc'],
    ['source <(chartctl completion zsh)', 'a line for ~/.zshrc, after compinit'],
    ['chartctl completion fish | source', 'a line for ~/.config/fish/config.fish'],
  ],
  run: async ({ args: [shell = ''], commands }) => {
    const load = Object.hasOwn(FORMATTERS, shell) ? FORMATTERS[shell] : undefined;
    if (!load) {
      const hint = `expected ${Object.keys(FORMATTERS).join(', ')}`;
      throw new Failure('usage', `the shell was "${shell}"`, { hint });
    }
    const [format, { readManual }] = [await load(), await import('./framework/manual/read-manual.js')];
    return { shell, script: format(readManual(createProgram(commands))) };
  },
  text: ({ script }) => script,
  document: async () => (await import('./documents/completion.js')).completionDocument,
};

/**
 * The completion scripts call this command when Tab is pressed: it prints one symbol a line, within about a second, and
 * never a message, which would be shown amid the command line.
 */
export const completeSymbolsCommand: Command<CommandResult & { symbols: string[] }> = {
  name: 'complete-symbols',
  isHidden: true,
  description: 'print the symbols that begin with a text, for the scripts of completion',
  arguments: [['[prefix]', 'what was typed so far']],
  options: [],
  examples: [],
  run: async ({ args: [text = ''], io }) => {
    const prefix = toStoredForm(text);
    const config = await findConfig(io);
    const { findKnownSymbols } = await import('../tables/rolling-chart-data/symbols.js');
    const stored = config ? await findKnownSymbols(config.database, prefix) : [];
    const configured = config?.symbols.filter((symbol) => symbol.startsWith(prefix)) ?? [];
    return { symbols: [...new Set([...stored, ...configured])].sort() };
  },
  text: ({ symbols }) => symbols.map((symbol) => `${symbol}\n`).join(''),
};

/** The configuration; undefined when it was refused, which every other command reports. */
async function findConfig(io: Io): Promise<Config | undefined> {
  try {
    return readConfig(await readFlags({}, io), io);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
