import type { Command } from 'commander';
import type { Io } from '../cli/io.js';
import { readFlags } from '../cli/read-flags.js';
import { print } from '../cli/write-out.js';
import type { Config } from '../core/config.js';
import { EXIT_CODES, Failure } from '../core/failure.js';
import { readConfig } from './read-config.js';
import type { Shell } from './shell.js';

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
      const config = await readQuietly(io);
      const { findKnownSymbols } = await import('../store/known-symbols.js');
      const stored = config ? await findKnownSymbols(config.database, prefix) : [];
      const configured = config?.symbols.filter((symbol) => symbol.startsWith(prefix)) ?? [];
      const symbols = [...new Set([...stored, ...configured])].sort();
      finish(EXIT_CODES.done);
      await print(io.stdout, symbols.map((symbol) => `${symbol}\n`).join(''));
    });
}

/** The configuration; undefined when it is refused, which every other command says aloud. */
async function readQuietly(io: Io): Promise<Config | undefined> {
  try {
    return readConfig(await readFlags({}, io), io);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
