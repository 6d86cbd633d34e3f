import fc from 'fast-check';
import { Failure } from '../../src/core/failure.js';
import { RequestError } from '../../src/exchange/http/request-error.js';
import { concludeTrial, RUN_SEED, type Trial } from './trial.js';

/** A parser of untrusted data and its inputs. */
export interface FuzzedParser<I, V> {
  inputs: fc.Arbitrary<I>;
  /** Returns the value, or throws a Failure or RequestError. */
  parse: (input: I) => V;
  /** What is wrong with a parsed value; undefined where it is right. */
  findWrong?: (value: V, input: I) => string | undefined;
  /** Whether the parser accepted the input. Default: when it threw nothing. */
  isAccepted?: (value: V) => boolean;
  /** Whether the parser accepts every input. */
  neverRefuses?: boolean;
}

/** The time limit of one input; a parser that hangs is stopped by the time limit of its test file. */
const MAX_PARSE_MS = 2_000;

/** Properties that are one line of the table of trials: each is checked in a test, the last test calls `conclude`. */
export class Properties {
  readonly #line: Pick<Trial, 'fault' | 'unit'>;
  readonly #losses: string[] = [];
  #tried = 0;

  constructor(line: Pick<Trial, 'fault' | 'unit'>) {
    this.#line = line;
  }

  /** Checks a property with random values; the first failing value is shrunk and thrown. */
  async check<T>(name: string, runs: number, values: fc.Arbitrary<T>, holds: (value: T) => unknown): Promise<void> {
    const property = fc.asyncProperty(values, async (value) => {
      await holds(value);
    });
    this.#count(name, await fc.check(property, { numRuns: runs, seed: RUN_SEED, verbose: 0 }));
  }

  /** The same for a synchronous property, several times as fast. */
  checkNow<T>(name: string, runs: number, values: fc.Arbitrary<T>, holds: (value: T) => void): void {
    const property = fc.property(values, (value) => {
      holds(value);
    });
    this.#count(name, fc.check(property, { numRuns: runs, seed: RUN_SEED, verbose: 0 }));
  }

  /**
   * Gives a parser random inputs: it must return a right value or throw a Failure or RequestError within the time
   * limit. Some inputs must be accepted and some refused; otherwise the inputs test too little.
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

  /** Adds the line to the table of trials. */
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

/** The parsed value; undefined when the parser refused the input. */
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
