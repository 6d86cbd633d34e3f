import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withStore } from '../../../src/database/open-store.js';
import { DAY_MS, formatMinute, type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import { WARM_UP } from '../../../src/indicators/indicator.js';
import { WINDOW_MINUTES } from '../../../src/quality/window.js';
import type { Random } from '../../harness/random.js';
import { type CronLine, readCrontab } from './crontab-lines.js';
import { type CommandResult, DISTURBANCES, runDue, UNCERTAIN } from './disturbances.js';
import { applyFaults, type ExchangeFaults, FLAT_MINUTES, minutesFrom } from './exchange-faults.js';
import { expectedSourceOf, ExpectedSources } from './expected-sources.js';
import type { Incident, IncidentKind } from './incidents.js';
import { type SoakWorld, SYMBOLS_FILE } from './soak-world.js';

/** What is simulated. */
export interface SoakPlan {
  startMs: Minute;
  minutes: number;
  symbols: readonly string[];
  /** The symbol of a `listing`. */
  newSymbol: string;
  incidents: readonly Incident[];
  /** Lines beside those of `chartctl schedule crontab`. */
  ownLines: readonly CronLine[];
  /** Minutes of candles before the start. Default: the window of a new symbol and its warm-up. */
  pastMinutes?: number;
  /** Called after the jobs of each minute. */
  onMinute?: (minute: SimulatedMinute, sofar: SoakOutcome) => Promise<void> | void;
}

export interface SimulatedMinute {
  /** Minutes since the start. */
  number: number;
  nowMs: number;
  /** Whether only an undisturbed ingest ran. */
  isPlain: boolean;
  tookMs: number;
  cpuMs: number;
}

/** What a simulation leaves to be checked. */
export interface SoakOutcome {
  expectedSources: ExpectedSources;
  since: Map<string, Minute>;
  repaired: MinuteRange[];
  /** The number of command lines. */
  runs: number;
  losses: string[];
}

/** The number of past minutes that the first jobs of a new symbol store: its window and the warm-up. */
const FIRST_MINUTES = 1000;
/** Jobs of cron start 3 to 5 s after the minute. */
const DELAY_MS = 3_000;
const DELAY_SPREAD_MS = 2_000;
/** The exit codes that are allowed during an incident; killed jobs have none. */
const ALLOWED_EXIT_CODES = [0, 1, 3, 75];

/**
 * Minutes that the exchange does not have, or that were stored late, keep a window from being ready until it and the warm-up
 * of its first candle have passed them.
 */
const UNREADY_MINUTES = WINDOW_MINUTES + WARM_UP;
/** The incidents that leave such minutes; during an overlap `clean --repair` flags rows before it fetches them again. */
const LEAVING_MINUTES: readonly IncidentKind[] = [
  ...(['outage', 'halt', 'hidden', 'refused', 'errors', 'ban', 'late', 'asleep', 'listing', 'overlap'] as const),
];

/** The embedded database admits one process at a time; the others exit with 11. */
const OVERLAP_EXIT_CODES = [0, 11];

/** Runs cron minute by minute, with the planned incidents. */
export async function simulate(world: SoakWorld, plan: SoakPlan, random: Random): Promise<SoakOutcome> {
  const { startMs, incidents } = plan;
  const end: SoakOutcome = {
    expectedSources: new ExpectedSources(),
    since: new Map(),
    repaired: [],
    runs: 0,
    losses: [],
  };
  listSymbols(world, plan, end);
  const crontab = await makeCrontab(world);
  const lines = [...crontab, ...plan.ownLines];
  for (let number = 0; number < plan.minutes; number += 1) {
    const time = startMs + (number + 1) * MINUTE_MS;
    await world.time.set(time + DELAY_MS + random.integerBelow(DELAY_SPREAD_MS));
    const incident = incidents.find(({ from, minutes }) => from <= number && number < from + minutes);
    if (incident?.kind === 'listing' && number === incident.from + incident.minutes - 1) addNewSymbol(world, plan, end);
    const age = number - (incident?.from ?? 0);
    const faults = applyFaults({ world, incident, age, symbol: affectedSymbol(plan, incident), startMs });
    const due = lines.filter((line) => line.isDue(time)).map(({ argv }) => argv);
    recordExpectedSources(world, end, { minute: time - MINUTE_MS, faults, incident, due });

    const [before, cpu] = [performance.now(), process.cpuUsage()];
    const disturbed = incident && DISTURBANCES[incident.kind];
    const symbols = [...end.since].flatMap(([symbol, from]) => (from < time ? [symbol] : []));
    const all = crontab.map(({ argv }) => argv); // without the retention line: rows must be inspected before they are removed
    const ends = disturbed
      ? await disturbed({ world, random, lines: all, due, symbols, startMs })
      : await runDue({ world, due });
    const { user, system } = process.cpuUsage(cpu);
    end.runs += ends.length;
    if (incident?.kind === 'repair') end.repaired.push({ from: time - DAY_MS, to: time });
    const isUnready = incidents.some(
      ({ kind, from, minutes }) =>
        LEAVING_MINUTES.includes(kind) && from <= number && number < from + minutes + UNREADY_MINUTES,
    );
    end.losses.push(...checkExitCodes(isUnready ? ends.filter((one) => !isHeldBack(one)) : ends, incident, time));
    if (incident?.kind === 'ban' && age > 0) end.losses.push(...findRequests(world, time));
    world.exchange.requests.length = 0;
    const isPlain = !incident && due.length === 1;
    const minute = { number, nowMs: time, isPlain, tookMs: performance.now() - before, cpuMs: (user + system) / 1000 };
    await plan.onMinute?.(minute, end);
  }
  return end;
}

/** Lists the symbols and removes the candles that Binance never has. */
function listSymbols({ market, folder }: SoakWorld, plan: SoakPlan, { since }: SoakOutcome): void {
  const { startMs, minutes, incidents, pastMinutes = FIRST_MINUTES } = plan;
  const to = startMs + minutes * MINUTE_MS;
  for (const symbol of plan.symbols) {
    market.list(symbol, { from: startMs - pastMinutes * MINUTE_MS, to });
    since.set(symbol, startMs - (FIRST_MINUTES - 1) * MINUTE_MS);
  }
  const listing = incidents.find(({ kind }) => kind === 'listing');
  if (listing) market.list(plan.newSymbol, { from: startMs + listing.from * MINUTE_MS, to });
  for (const incident of incidents) {
    const { kind, from } = incident;
    const absent = minutesFrom(startMs, from, incident.minutes);
    const flat = minutesFrom(startMs, from - FLAT_MINUTES, FLAT_MINUTES);
    const symbols = kind === 'outage' ? market.binance.symbols() : [affectedSymbol(plan, incident)];
    if (kind === 'outage' || kind === 'halt') for (const symbol of symbols) market.halt(symbol, flat, absent);
    if (kind === 'halt' || kind === 'hidden') market.bybit.remove(affectedSymbol(plan, incident), absent);
  }
  writeFileSync(join(folder, SYMBOLS_FILE), plan.symbols.map((symbol) => `${symbol}\n`).join(''));
}

/** The symbol that an incident of one symbol affects. */
function affectedSymbol({ symbols }: SoakPlan, incident: Incident | undefined): string {
  return symbols[(incident?.from ?? 0) % symbols.length]!;
}

function addNewSymbol({ folder }: SoakWorld, plan: SoakPlan, { since }: SoakOutcome): void {
  const listing = plan.incidents.find(({ kind }) => kind === 'listing')!;
  appendFileSync(join(folder, SYMBOLS_FILE), `${plan.newSymbol}\n`);
  since.set(plan.newSymbol, plan.startMs + listing.from * MINUTE_MS);
}

/** Migrates the database and creates the crontab. */
async function makeCrontab(world: SoakWorld): Promise<CronLine[]> {
  const migrated = await world.run('migrate');
  if (migrated.exitCode !== 0) throw new Error(migrated.stderr);
  // the audit log reaches back to the migration, whose time is of the real clock
  await withStore(world.config, ({ knex }) => knex('chartctl_migrations').update({ migration_time: new Date(0) }));
  const flags = [
    '--symbols-file',
    SYMBOLS_FILE,
    '--export',
    'train.csv',
    '--check-retrain',
    '--env-file',
    'chartctl.env',
  ];
  const { exitCode, stdout, stderr } = await world.run('schedule', 'crontab', ...flags, '--log-file', 'chartctl.log');
  if (exitCode !== 0) throw new Error(stderr);
  return readCrontab(stdout);
}

/** Records the expected source of the newest minute of each symbol. */
function recordExpectedSources(
  { market }: SoakWorld,
  { expectedSources, since }: SoakOutcome,
  now: { minute: Minute; faults: ExchangeFaults; incident: Incident | undefined; due: readonly (readonly string[])[] },
): void {
  const { minute, faults, incident, due } = now;
  if (incident?.kind === 'asleep') return;
  // an hourly backfill may store the minute before its ingest does
  const isUncertain =
    (incident && UNCERTAIN.includes(incident.kind)) || due.some(([command]) => command === 'backfill');
  for (const [symbol, from] of since) {
    if (minute < from) continue;
    const origin = expectedSourceOf(faults, market, symbol, minute);
    expectedSources.record(symbol, minute, isUncertain && origin === 'BINANCE' ? 'in time or later' : origin);
  }
}

/** Requests during a ban, which would extend it. */
function findRequests({ exchange }: SoakWorld, time: Minute): string[] {
  const sent = exchange.requests.filter(({ exchange: name }) => name === 'binance');
  return sent.length === 0
    ? []
    : [`${formatMinute(time)} requests during the ban of Binance: ${sent.map(({ path }) => path).join(', ')}`];
}

/** One sentence for each exit code that is not allowed in this minute. */
function checkExitCodes(ends: readonly CommandResult[], incident: Incident | undefined, time: Minute): string[] {
  const excused = !incident ? [0] : incident.kind === 'overlap' ? OVERLAP_EXIT_CODES : ALLOWED_EXIT_CODES;
  return ends
    .filter(({ exitCode }) => !(incident?.kind === 'killed' && exitCode === null))
    .filter(({ exitCode }) => exitCode === null || !excused.includes(exitCode))
    .map(({ argv, exitCode, stderr }) => {
      return `${formatMinute(time)} ${argv.join(' ')} ended with ${exitCode} (${incident?.kind ?? 'nothing was wrong'}): ${stderr}`;
    });
}

/** Whether an export wrote nothing because a symbol was not ready. */
function isHeldBack({ argv, exitCode, stderr }: CommandResult): boolean {
  return exitCode === 3 && argv.includes('--require-ready') && stderr.includes('"code":"NOT_READY"');
}
