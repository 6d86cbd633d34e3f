import type { ValueKind } from './value-kind.js';

/** A line to type, and what it does. */
export type ExampleText = readonly [line: string, meaning: string];

/** What is written of a name: an exit code, a variable, a file. */
export type Entry = readonly [name: string, meaning: string];

/** A variable of the environment, and where else the same is said. */
export interface VariableManual {
  name: string;
  /** The flag of the commands that have one. */
  flag: string | undefined;
  /** Its place in the configuration file; what is secret has none. */
  key: string | undefined;
  meaning: string;
  /** As people read it; empty when there is none. */
  default: string;
}

/** An argument of a command. */
export interface ArgumentManual {
  /** As the synopsis shows it: `[symbols...]`, `<job>`. */
  text: string;
  description: string;
  isVariadic: boolean;
  values: ValueKind;
}

/** A flag. */
export interface OptionManual {
  /** As it was declared: `--hours <n>`, `-h, --help`. */
  flags: string;
  /** The names by which it is given: `-h`, `--help`. */
  names: readonly string[];
  description: string;
  /** What stands after it; undefined for a flag that is only there or not. */
  values: ValueKind | undefined;
  /** It may be given more than once. */
  isRepeated: boolean;
  /** Many commands have it and it means the same in all of them. */
  isShared: boolean;
}

/** A subcommand as its `--help` shows it. */
export interface CommandManual {
  name: string;
  /** The heading of the help under which it stands. */
  group: string;
  description: string;
  arguments: readonly ArgumentManual[];
  options: readonly OptionManual[];
  /** Lines of the help between the flags and the examples. */
  notes: readonly string[];
  examples: readonly ExampleText[];
}

/** The program as its `--help` shows it: what completion, man page and README are made of. */
export interface Manual {
  name: string;
  version: string;
  description: string;
  options: readonly OptionManual[];
  examples: readonly ExampleText[];
  commands: readonly CommandManual[];
  /** `chartctl help [command]`. */
  help: CommandManual;
  /** What holds for every command, a paragraph each. */
  conventions: readonly string[];
  exitCodes: readonly Entry[];
  /** Variables of the environment with what they mean and their defaults. */
  environment: readonly VariableManual[];
  files: readonly Entry[];
  /** The day of the version, as in 2025-06-01. */
  released: string;
}
