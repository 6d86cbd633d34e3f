// Incomplete on purpose: the input of the test of describe-api.

export interface Question {
  /** What is asked. */
  text: string;
  /** How it is asked; this type needs no words of its own. */
  how: { loud: boolean };
}

/** What comes back, and cannot be named outside. */
interface Answer {
  silent: boolean;
  /** Deeper down. */
  details: readonly Detail[];
}

/** Neither can this. */
type Detail = {
  /** How much of it. */
  count: number;
};

export function ask(question: Question): Promise<Answer> {
  return Promise.resolve({ silent: question.how.loud, details: [] });
}
