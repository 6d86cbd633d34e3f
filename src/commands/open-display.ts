import type { Io } from '../cli/io.js';
import { showControls } from '../cli/show-controls.js';
import { JsonLog } from '../cli/json-log.js';
import { barProgress, jsonProgress, messagesOnly, plainProgress, type ProgressDisplay } from '../cli/progress.js';
import type { OutputChoice } from './shared-options.js';

/** The progress display that suits the call: bars for a person, lines for a log, nothing with `--quiet`. */
export async function openDisplay(io: Io, command: string, { quiet }: OutputChoice): Promise<ProgressDisplay> {
  if (quiet) return messagesOnly(io.stderr);
  if (io.stderr instanceof JsonLog) return jsonProgress(io.stderr);
  return io.isTerminal.stderr ? barProgress(io.stderr) : plainProgress(io.stderr, command);
}

/** Takes a job's notices: shows each once (none with `--quiet`) and keeps them for the JSON document. */
export function collectNotices({ stderr }: Pick<Io, 'stderr'>, display: ProgressDisplay, { quiet }: OutputChoice) {
  const notices: string[] = [];
  const onNotice = (message: string) => {
    if (notices.includes(message)) return;
    notices.push(message);
    if (quiet) return;
    if (stderr instanceof JsonLog) void stderr.log({ level: 'warn', message });
    else display.message(`note: ${showControls(message)}\n`);
  };
  return { notices, onNotice };
}
