import type { Command } from 'commander';
import { Failure } from '../core/failure.js';

/** `chartctl help [command]`: as `--help`; commander's own takes a name that it does not know for none. */
export function addHelpCommand(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .description("show all commands, or one command's flags and examples")
    .argument('[command]', 'its name')
    .action((name?: string) => {
      const asked = name === undefined ? program : program.commands.find((command) => command.name() === name);
      if (asked) return asked.outputHelp();
      throw new Failure('usage', `unknown command '${name}'`, { hint: 'see: chartctl --help' });
    });
}
