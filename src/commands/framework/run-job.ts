import type { Config } from '../../config/config.js';
import type { JobContext, JobOptions, JobResult, StoreContext } from '../../jobs/job.js';
import { JsonLog } from '../../terminal/json.js';
import {
  createJsonProgress,
  createMessageDisplay,
  createPlainProgress,
  type ProgressDisplay,
} from '../../terminal/progress.js';
import type { Call } from './command.js';
import { formatNotice, noteImpliedDatabase } from './notices.js';
import { findSubject, joinMessages } from './symbol-messages.js';
import { readLocking, readLogFormat, readMonitoringOptions, readPace, readSymbols } from './options/options.js';
import { readConfig } from './options/read-config.js';

/** Imports a job, which only its command needs; that happens while the database is being connected to. */
type LoadJob<Own, Result> = () => Promise<(context: JobContext, options: Own & JobOptions) => Promise<Result>>;

/** What a job runs with. */
interface JobSettings<Own> {
  config: Config;
  options: Own & JobOptions;
  pace: { concurrency: number; maxWaitMs: number };
}

/**
 * Reads the options that jobs over symbols share, and runs the job.
 *
 * @param own the options of this job alone; their problems are in `call.flags.problems`
 */
export async function runJob<Own, Result extends JobResult<unknown>>(
  call: Call,
  own: Own,
  load: LoadJob<Own, Result>,
): Promise<Result> {
  const { flags, args, command } = call;
  const locking = readLocking(flags);
  const pace = readPace(flags);
  // the session uses these already; here their problems are collected
  readLogFormat(flags);
  readMonitoringOptions(flags);
  let symbols: JobOptions['symbols'] = [];
  const config = readConfig(flags, call.io, (read) => {
    symbols = readSymbols(flags, args, command.readOnly ? 'all' : read?.symbols);
  });
  return runJobWith(call, { config, options: { ...own, symbols, ...locking }, pace }, load);
}

/** Runs a job between the opening and the closing of the database, with its progress on standard error. */
export async function runJobWith<Own, Result extends JobResult<unknown>>(
  call: Call,
  settings: JobSettings<Own>,
  load: LoadJob<Own, Result>,
): Promise<Result> {
  const { io, command, notices } = call;
  const { stderr } = io;
  await noteImpliedDatabase(call, settings.config.database);
  const noticesBefore = notices.length;
  const display = await openDisplay(call);
  const names = settings.options.symbols;
  const isOneSymbol = names !== 'all' && names.length === 1;
  /** Notices about single symbols, which are joined at the end. */
  const held: string[] = [];
  const notify = (message: string) => {
    const isHeld = !isOneSymbol && !(stderr instanceof JsonLog) && findSubject(message) !== undefined;
    if (isHeld && !notices.includes(message)) held.push(message);
    keepNotice(call, isHeld ? undefined : display, message);
  };
  let result: Result;
  try {
    result = await runInStore(call, settings, load, {
      signal: io.signal,
      onBegin: display.begin,
      onProgress: display.update,
      onSymbolEnd: display.finish,
      onNotice: notify,
      onOutput: stderr instanceof JsonLog ? (text: string) => void stderr.write(text) : undefined,
    });
  } finally {
    display.stop();
    for (const message of joinMessages(held, call.output.verbose))
      if (!call.output.quiet) display.message(formatNotice(message, io));
  }
  if (result.outcomes.length === 0 && (command.readOnly || notices.length === noticesBefore)) {
    notify('the database holds no symbol yet');
  }
  return result;
}

/** Runs work that needs the database alone. */
export async function runInDatabase<T>(call: Call, work: (context: StoreContext) => Promise<T>): Promise<T> {
  const { flags, io } = call;
  readLogFormat(flags); // the session uses it already; here its problem is collected
  const { database } = readConfig(flags, io);
  await noteImpliedDatabase(call, database);
  const { withStore } = await import('../../database/open-store.js');
  return withStore(database, (store) => work({ store, signal: io.signal }));
}

type Callbacks = Pick<JobContext, 'signal' | 'onBegin' | 'onProgress' | 'onSymbolEnd' | 'onOutput'> & {
  onNotice: (message: string) => void;
};

async function runInStore<Own, Result extends JobResult<unknown>>(
  { command, observations }: Call,
  { config, options, pace }: JobSettings<Own>,
  load: LoadJob<Own, Result>,
  callbacks: Callbacks,
): Promise<Result> {
  const { withStore } = await import('../../database/open-store.js');
  const loading = Promise.all([import('../../exchange/open-market.js'), load()]);
  const connections = command.readOnly ? 1 : 2; // the locks of a job are held on a connection of their own
  return withStore(
    config.database,
    async (store) => {
      const [{ openMarket }, job] = await loading;
      const market = openMarket(config.exchange, { ...pace, onNotice: callbacks.onNotice });
      observations.usage = () => market.usage();
      const context = { store, market, ...callbacks };
      const result = await job(context, options);
      if (observations.wantsWindows) {
        const { observeJob } = await import('./observe-job.js');
        await observeJob(context, command.name, result, observations);
      }
      return result;
    },
    { connections },
  );
}

/** The progress display of a call: bars on a terminal, lines in a log, nothing with `--quiet`. */
async function openDisplay({ io, command, output }: Call): Promise<ProgressDisplay> {
  if (output.quiet) return createMessageDisplay(io.stderr);
  if (io.stderr instanceof JsonLog) return createJsonProgress(io.stderr);
  if (!io.isTerminal.stderr) return createPlainProgress(io.stderr, command.name);
  return (await import('../../terminal/progress-bars.js')).createBarProgress(io.stderr);
}

/**
 * Keeps a notice for the JSON document, once, and shows it (not with `--quiet`).
 *
 * @param display undefined: it is shown later
 */
function keepNotice({ io, notices, output }: Call, display: ProgressDisplay | undefined, message: string): void {
  if (notices.includes(message)) return;
  notices.push(message);
  if (output.quiet || !display) return;
  if (io.stderr instanceof JsonLog) void io.stderr.log({ level: 'warn', message });
  else display.message(formatNotice(message, io));
}
