import { Failure } from '../core/failure.js';

/** Collects the problems of an input, so that one message names all of them. */
export class Problems {
  private readonly found: Failure[] = [];

  /** The value, or undefined when it was refused; only usage failures are collected. */
  attempt<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== 'usage') throw error;
      this.found.push(error);
      return undefined;
    }
  }

  add(message: string, hint?: string): void {
    this.found.push(new Failure('usage', message, { hint }));
  }

  get all(): readonly Failure[] {
    return this.found;
  }

  append(problem: Failure): void {
    this.found.push(problem);
  }

  /** Throws one failure that names every problem, if there are any. */
  throwIfAny(): void {
    const [first, ...others] = this.found;
    if (!first) return;
    if (others.length === 0) throw first;
    const messages = this.found.map(({ message, hint }) => (hint ? `${message} (${hint})` : message));
    const all = messages.length > 2 ? ['several problems:', ...messages].join('\n- ') : messages.join('; ');
    throw new Failure('usage', all, { hint: `${messages.length} problems; nothing was done` });
  }
}
