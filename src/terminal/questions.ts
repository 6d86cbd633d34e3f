import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Failure } from '../core/failure.js';
import { printMessage } from './output.js';

/** Questions to a person at a terminal. */
export interface Questions {
  /**
   * The line that is typed after a question, without white space around it; undefined when the input has ended.
   *
   * @param isHidden whether what is typed is not shown, as for a password
   * @throws Failure (interrupted) for Ctrl-C, or that of the signal
   */
  ask(question: string, isHidden?: boolean): Promise<string | undefined>;
  /** Throws as `ask` does if Ctrl-C was typed since the last question. */
  throwIfStopped(): void;
  close(): void;
}

/** Opens the input for questions; the terminal is in raw mode until it is closed. */
export function openQuestions(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  signal: AbortSignal,
): Questions {
  const echo = new EchoStream(output);
  const isTerminal = 'isTTY' in input && input.isTTY === true;
  // without a history, as it would show a hidden answer at the next question
  const lines = createInterface({ input, output: echo, terminal: isTerminal, historySize: 0 });
  // unlike `question`, the iterator keeps lines that come between questions, and ends with the input
  const typed: AsyncIterator<string, undefined> = lines[Symbol.asyncIterator]();
  let stopped: Failure | undefined;
  const stop = (reason: unknown) => {
    stopped ??= reason instanceof Failure ? reason : new Failure('interrupted', 'interrupted');
    lines.close();
  };
  lines.on('SIGINT', () => stop(undefined));
  const onAbort = () => stop(signal.reason);
  signal.addEventListener('abort', onAbort);
  const throwIfStopped = () => {
    if (signal.aborted) onAbort();
    if (stopped) throw stopped;
  };
  return {
    ask: async (question, isHidden = false) => {
      throwIfStopped();
      if (isHidden) await printMessage(output, question);
      echo.isMuted = isHidden;
      lines.setPrompt(isHidden ? '' : question);
      lines.prompt();
      const { value, done } = await typed.next();
      echo.isMuted = false;
      if (isHidden || done === true || !isTerminal) await printMessage(output, '\n');
      throwIfStopped();
      return done === true ? undefined : value.trim();
    },
    throwIfStopped,
    close: () => {
      signal.removeEventListener('abort', onAbort);
      lines.close();
    },
  };
}

/** Writes to a terminal what is typed, unless it is muted. */
class EchoStream extends Writable {
  isMuted = false;

  constructor(private readonly target: NodeJS.WritableStream) {
    super({ decodeStrings: false });
  }

  /** The width of the terminal, by which an answer is broken into lines. */
  get columns(): number | undefined {
    return 'columns' in this.target && typeof this.target.columns === 'number' ? this.target.columns : undefined;
  }

  override _write(text: string, _encoding: BufferEncoding, done: () => void): void {
    if (this.isMuted) done();
    else this.target.write(text, done);
  }
}
