// What goes wrong is a Failure: `kind` says what to do, `code` what it was, `hint` what a person can do about it.
import { Failure, ingestMinute } from 'chartctl';

const [symbol = ''] = process.argv.slice(2);
try {
  await ingestMinute(symbol);
} catch (error) {
  if (!(error instanceof Failure)) throw error; // a bug
  const { kind, code, message, hint, retryAfterMs = 60_000 } = error;
  if (kind === 'temporary')
    console.log(`again in ${retryAfterMs / 1000} s: ${message}`); // rate limit, network, database
  else if (kind !== 'locked') console.log(kind, code, message, hint); // locked: another process is at it
  process.exitCode = error.exitCode;
}
