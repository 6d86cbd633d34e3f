import { Validator } from '@cfworker/json-schema';
import { COMMANDS } from '../../src/commands/commands.js';
import { toDocumentSchema } from '../../src/commands/framework/document/document.js';

/** Epoch milliseconds of the years 2014 to 2036: an integer of this size is a time that was not converted. */
const EPOCH_MS = { min: 1.4e12, max: 2.1e12 };
/** Members whose numbers may be of that size by themselves. */
const LARGE_MEMBERS = new Set(['volume', 'threshold']);

const validators = new Map<string | null, Promise<Validator>>();

/**
 * Holds the document of a run to the published schema of its command.
 *
 * @param argv the command line; a run without `--json` has no document
 * @throws Error when standard output is no document, or another one than the schema describes
 */
export async function checkDocument(argv: readonly string[], stdout: string): Promise<void> {
  const printsText = ['--help', '-h', '--json-schema', '--schema', '--version', '-V'].some((flag) =>
    argv.includes(flag),
  );
  if (!argv.includes('--json') || stdout === '' || printsText) return;
  const document = JSON.parse(stdout) as { command: string | null };
  const { command } = document;
  if (!validators.has(command)) validators.set(command, createValidator(command));
  const { valid, errors } = (await validators.get(command)!).validate(document);
  const problems = valid
    ? findEpochs(document)
    : errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`).slice(-12);
  if (problems.length > 0) {
    throw new Error(
      `the document of chartctl ${argv.join(' ')} is not as published:\n${problems.join('\n')}\n${stdout}`,
    );
  }
}

async function createValidator(name: string | null): Promise<Validator> {
  const command = Object.values(COMMANDS)
    .flat()
    .find((candidate) => candidate.name === name);
  return new Validator(toDocumentSchema(name, await command?.document?.()), '2020-12', false);
}

/** The places of numbers that are times. */
function findEpochs(value: unknown, place = '#'): string[] {
  if (typeof value === 'number') {
    const isTime = Number.isInteger(value) && value > EPOCH_MS.min && value < EPOCH_MS.max;
    return isTime && !LARGE_MEMBERS.has(place.slice(place.lastIndexOf('/') + 1))
      ? [`${place}: ${value} is a time`]
      : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => findEpochs(item, `${place}/${name}`));
}
