import type { Command } from 'commander';
import { formatHelpText } from '../cli/manual/help-text.js';
import type { Example } from './job-command.js';

/** What a command's help says below its flags. */
export interface HelpNotes {
  notes: readonly string[];
  examples: readonly Example[];
}

const NOTES = new WeakMap<Command, HelpNotes>();
/** Where no terminal says how wide it is. */
const WIDTH = 80;

/** Puts notes and examples below a command's help, and remembers them for the other manuals. */
export function addHelpNotes(command: Command, examples: readonly Example[], notes: readonly string[] = []): Command {
  NOTES.set(command, { notes, examples });
  return command.addHelpText('after', () =>
    formatHelpText({ notes, examples }, command.configureOutput().getOutHelpWidth?.() ?? WIDTH),
  );
}

/** What `addHelpNotes` said of a command. */
export function helpNotesOf(command: Command): HelpNotes {
  return NOTES.get(command) ?? { notes: [], examples: [] };
}
