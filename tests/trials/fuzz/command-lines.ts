import type { Command } from 'commander';
import fc from 'fast-check';
import { declareAll } from '../../../src/commands/declare-all.js';
import { mutatedText } from '../../harness/mutations.js';

/** Values that some flag takes, and values that none does. */
const RIGHT_VALUES = [
  ...['2025-06-01T12:00Z', '2025-06-01', '2025-06-02', '2025-06-01T14:00+02:00', '1', '3', '12', '600', '0.05', '1h'],
  ...['fail', 'skip', 'csv', 'jsonl', 'parquet', 'crontab', 'systemd', 'bash', 'zsh', 'all-open', 'because', '80/20'],
  ...['base', 'quote', 'flat_price', 'price_jump', 'BTCUSDT', '-', 'out.csv', 'symbols.txt', 'times.txt', 'json'],
  ...['http://127.0.0.1:1/ping', 'true', 'python train.py --now', '.'],
];
const values = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...RIGHT_VALUES) },
  { weight: 1, arbitrary: mutatedText(fc.constantFrom(...RIGHT_VALUES)) },
);
const operands = fc.array(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom('BTCUSDT', 'ethusdt', '42', 'bash') }, values),
  { maxLength: 2 },
);

/** A flag of a command with a value where it takes one, in either way to write it; seldom with one too many or few. */
function flagOf(command: Command): fc.Arbitrary<string[]> {
  const known = command.options.map(({ long, required }) => ({ flag: long ?? '--help', required }));
  return fc
    .tuple(fc.constantFrom(...known, { flag: '--help', required: false }), values, fc.nat({ max: 19 }))
    .map(([{ flag, required }, value, roll]) => {
      const takesValue = roll === 0 ? !required : required;
      if (!takesValue) return [flag];
      return roll % 2 === 0 ? [flag, value] : [`${flag}=${value}`];
    });
}

/** What a person, or a program that is wrong, might type after one command's name. */
function wordsOf(command: Command): fc.Arbitrary<string[]> {
  const strange = mutatedText(fc.constantFrom('--json', '--from', '--hours=3', '--', '-x')).map((word) => [word]);
  const flags = fc.array(fc.oneof({ weight: 12, arbitrary: flagOf(command) }, { weight: 1, arbitrary: strange }), {
    maxLength: 4,
  });
  const asked = fc.constantFrom<string[]>([], ['--json'], ['--json'], ['--quiet']);
  return fc
    .tuple(operands, flags, asked)
    .map(([named, given, ask]) => [command.name(), ...named, ...given.flat(), ...ask]);
}

/** Command lines after the grammar that the program declares, right ones and wrong ones. */
export const COMMAND_LINES: fc.Arbitrary<string[]> = fc.oneof(
  ...declareAll().commands.map((command) => ({ weight: 4, arbitrary: wordsOf(command).map(tamed) })),
  {
    weight: 2,
    arbitrary: fc.array(mutatedText(fc.constantFrom('ingest', '--json', 'help', 'BTCUSDT')), { maxLength: 3 }),
  },
);

/**
 * As a system hands words over: none holds a zero. What works for seconds without a database is asked for with one
 * word too many: only its words are looked at.
 */
function tamed(given: string[]): string[] {
  const words = given.map((word) => word.replaceAll('\0', ''));
  return words[0] === 'demo' ? [...words, 'BTCUSDT'] : words;
}
