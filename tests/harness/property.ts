import fc from 'fast-check';
import { Failure } from '../../src/core/failure.js';
import { RequestError } from '../../src/exchange/http/request-error.js';
import { concludeTrial, RUN_SEED, type Trial } from './trial.js';

/** A parser of outside data, and what may be given to it. */
export interface FuzzedParser<I, V> {
  inputs: fc.Arbitrary<I>;
  /** Gives the value, or throws what is foreseen. */
  parse: (input: I) => V;
  /** What is wrong with a value that the parser gave; undefined where it is right. */
  findWrong?: (value: V, input: I) => string | undefined;
  /** Whether the parser took the input; without it, it did when it threw nothing. */
  isAccepted?: (value: V) => boolean;
  /** The parser has an answer to everything. */
  neverRefuses?: boolean;
}

/** One input may take so long; a parser that hangs is ended with its file. */
const MAX_PARSE_MS = 2_000;

/** Properties that are one line of the table together: each is checked by itself, and the last test concludes. */
export class Properties {
  readonly #line: Pick<Trial, 'fault' | 'unit'>;
  readonly #losses: string[] = [];
  #tried = 0;

  constructor(line: Pick<Trial, 'fault' | 'unit'>) {
    this.#line = line;
  }

  /** Holds the property against so many random values; the first that fails is shrunk and thrown. */
  async check<T>(name: string, runs: number, values: fc.Arbitrary<T>, holds: (value: T) => unknown): Promise<void> {
    const property = fc.asyncProperty(values, async (value) => {
      await holds(value);
    });
    this.#count(name, await fc.check(property, { numRuns: runs, seed: RUN_SEED, verbose: 0 }));
  }

  /** The same for what needs no waiting, several times as fast. */
  checkNow<T>(name: string, runs: number, values: fc.Arbitrary<T>, holds: (value: T) => void): void {
    const property = fc.property(values, (value) => {
      holds(value);
    });
    this.#count(name, fc.check(property, { numRuns: runs, seed: RUN_SEED, verbose: 0 }));
  }

  /**
   * Gives a parser so many random inputs: each time it must give a right value or throw a failure that is foreseen,
   * soon. Some inputs must be accepted and some refused, else nothing deep was reached.
   */
  fuzz<I, V>(
    name: string,
    runs: number,
    { inputs, parse, findWrong, isAccepted, ...parser }: FuzzedParser<I, V>,
  ): void {
    const counts = { accepted: 0, refused: 0 };
    this.checkNow(name, runs, inputs, (input) => {
      const value = parseInTime(parse, input);
      const isTaken = value !== undefined && (isAccepted?.(value.value) ?? true);
      counts[isTaken ? 'accepted' : 'refused'] += 1;
      const wrong = value && findWrong?.(value.value, input);
      if (wrong !== undefined) throw new Error(`gave a wrong value: ${wrong}`);
    });
    process.stdout.write(`${name}: ${counts.accepted} accepted, ${counts.refused} refused\n`);
    if (counts.accepted === 0) throw new Error(`no input of ${name} was accepted`);
    if (counts.refused === 0 && !parser.neverRefuses) throw new Error(`no input of ${name} was refused`);
  }

  /** The line of the table. */
  conclude(): void {
    concludeTrial({ ...this.#line, tried: this.#tried, losses: this.#losses, seed: RUN_SEED });
  }

  #count<T>(name: string, details: fc.RunDetails<T>): void {
    this.#tried += details.numRuns;
    if (!details.failed) return;
    const { message } = details.errorInstance as Error;
    this.#losses.push(`${name}: ${message}`);
    throw new Error(`${name}: ${message}\n${fc.defaultReportMessage(details)}`, { cause: details.errorInstance });
  }
}

/** The parser's value; undefined when it refused as is foreseen. */
function parseInTime<I, V>(parse: (input: I) => V, input: I): { value: V } | undefined {
  const startedAt = performance.now();
  const found = parseOrRefuse(parse, input);
  const tookMs = performance.now() - startedAt;
  if (tookMs > MAX_PARSE_MS) throw new Error(`took ${Math.round(tookMs)} ms`);
  return found;
}

function parseOrRefuse<I, V>(parse: (input: I) => V, input: I): { value: V } | undefined {
  try {
    return { value: parse(input) };
  } catch (error) {
    if (error instanceof Failure || error instanceof RequestError) return undefined;
    throw error;
  }
}
