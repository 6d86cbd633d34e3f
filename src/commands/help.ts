import { Failure } from '../core/failure.js';
import type { Command, CommandResult } from './framework/command.js';
import { createProgram, suggestCommand } from './framework/parse-command-line.js';

/** The same as `--help`; commander's own help command ignores a name that it does not know. */
export const helpCommand: Command<CommandResult & { help: string }> = {
  name: 'help',
  description: "show all commands, or one command's flags and examples",
  arguments: [['[command]', 'its name']],
  options: [],
  examples: [],
  run: ({ args: [name], commands }) => {
    const help: string[] = [];
    const program = createProgram(commands, { onHelp: (text) => help.push(text) });
    const described = name === undefined ? program : program.commands.find((command) => command.name() === name);
    if (!described) {
      const suggested = suggestCommand(commands, name ?? '');
      const hint = suggested ? `did you mean ${suggested}?` : 'see: chartctl --help';
      throw new Failure('usage', `unknown command '${name}'`, { hint });
    }
    described.outputHelp();
    return Promise.resolve({ help: help.join('') });
  },
  text: ({ help }) => help,
};
