import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatMinute, MINUTE_MS, type Minute } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import type { Dice } from '../../harness/dice.js';
import { readCrontab, type CronLine } from './crontab-lines.js';
import { DISTURBANCES, runDue, UNCERTAIN, type LineEnd } from './disturbances.js';
import type { Incident } from './incidents.js';
import { Ledger, originOf, type Sky } from './sky.js';
import { SYMBOLS_FILE, type SoakWorld } from './soak-world.js';
import { FLAT_MINUTES, makeWeather, minutesFrom } from './weather.js';

/** What is simulated. */
export interface SoakPlan {
  startMs: Minute;
  minutes: number;
  symbols: readonly string[];
  /** The symbol that a `listing` lists. */
  newcomer: string;
  incidents: readonly Incident[];
  /** Lines that the person has beside those of `chartctl schedule crontab`. */
  ownLines: readonly CronLine[];
  /** Minutes before the start that Binance has candles of. Default: a new symbol's window and its warm-up. */
  pastMinutes?: number;
  /** Called after each minute with what its jobs did. */
  onMinute?: (minute: SimulatedMinute, sofar: SoakEnd) => Promise<void> | void;
}

export interface SimulatedMinute {
  /** Minutes since the beginning. */
  number: number;
  nowMs: number;
  /** Whether nothing but an undisturbed ingest ran. */
  isPlain: boolean;
  tookMs: number;
  cpuMs: number;
}

/** What a simulation leaves to be judged. */
export interface SoakEnd {
  ledger: Ledger;
  since: Map<string, Minute>;
  repaired: MinuteRange[];
  /** Command lines that were run. */
  runs: number;
  losses: string[];
}

const DAY_MS = 86_400_000;
/** What a new symbol's first jobs store of the time before: its window and the warm-up. */
const FIRST_MINUTES = 1000;
/** Cron's jobs begin 3 s after the minute, sometimes later. */
const DELAY_MS = 3_000;
const DELAY_SPREAD_MS = 2_000;
/** What jobs may end with while something is wrong around them; killed ones have no exit code. */
const EXCUSED = [0, 1, 3, 75];

/** The embedded database lets in one process at a time, and the others say so. */
const OVERLAPPING = [0, 11];

/** Lets cron run minute by minute, with everything that is planned to go wrong. */
export async function simulate(world: SoakWorld, plan: SoakPlan, dice: Dice): Promise<SoakEnd> {
  const { startMs, incidents } = plan;
  const end: SoakEnd = { ledger: new Ledger(), since: new Map(), repaired: [], runs: 0, losses: [] };
  openMarkets(world, plan, end);
  const crontab = await makeCrontab(world);
  const lines = [...crontab, ...plan.ownLines];
  for (let number = 0; number < plan.minutes; number += 1) {
    const time = startMs + (number + 1) * MINUTE_MS;
    await world.time.set(time + DELAY_MS + dice.below(DELAY_SPREAD_MS));
    const incident = incidents.find(({ from, minutes }) => from <= number && number < from + minutes);
    if (incident?.kind === 'listing' && number === incident.from + incident.minutes - 1) nameNewcomer(world, plan, end);
    const age = number - (incident?.from ?? 0);
    const sky = makeWeather({ world, incident, age, symbol: concerned(plan, incident), startMs });
    const due = lines.filter((line) => line.isDue(time)).map(({ argv }) => argv);
    noteOrigins(world, end, { minute: time - MINUTE_MS, sky, incident, due });

    const [before, cpu] = [performance.now(), process.cpuUsage()];
    const disturbed = incident && DISTURBANCES[incident.kind];
    const symbols = [...end.since].flatMap(([symbol, from]) => (from < time ? [symbol] : []));
    const all = crontab.map(({ argv }) => argv); // what the person removes must have been inspected before
    const ends = disturbed
      ? await disturbed({ world, dice, lines: all, due, symbols, startMs })
      : await runDue({ world, due });
    const { user, system } = process.cpuUsage(cpu);
    end.runs += ends.length;
    if (incident?.kind === 'repair') end.repaired.push({ from: time - DAY_MS, to: time });
    end.losses.push(...judgeEnds(ends, incident, time));
    if (incident?.kind === 'ban' && age > 0) end.losses.push(...findRequests(world, time));
    world.exchange.requests.length = 0;
    const isPlain = !incident && due.length === 1;
    const minute = { number, nowMs: time, isPlain, tookMs: performance.now() - before, cpuMs: (user + system) / 1000 };
    await plan.onMinute?.(minute, end);
  }
  return end;
}

/** Lists the symbols, with everything that their exchange will never have. */
function openMarkets({ market, folder }: SoakWorld, plan: SoakPlan, { since }: SoakEnd): void {
  const { startMs, minutes, incidents, pastMinutes = FIRST_MINUTES } = plan;
  const to = startMs + minutes * MINUTE_MS;
  for (const symbol of plan.symbols) {
    market.list(symbol, { from: startMs - pastMinutes * MINUTE_MS, to });
    since.set(symbol, startMs - (FIRST_MINUTES - 1) * MINUTE_MS);
  }
  const listing = incidents.find(({ kind }) => kind === 'listing');
  if (listing) market.list(plan.newcomer, { from: startMs + listing.from * MINUTE_MS, to });
  for (const incident of incidents) {
    const { kind, from } = incident;
    const absent = minutesFrom(startMs, from, incident.minutes);
    const flat = minutesFrom(startMs, from - FLAT_MINUTES, FLAT_MINUTES);
    const symbols = kind === 'outage' ? market.binance.symbols() : [concerned(plan, incident)];
    if (kind === 'outage' || kind === 'halt') for (const symbol of symbols) market.halt(symbol, flat, absent);
    if (kind === 'halt' || kind === 'hidden') market.bybit.remove(concerned(plan, incident), absent);
  }
  writeFileSync(join(folder, SYMBOLS_FILE), plan.symbols.map((symbol) => `${symbol}\n`).join(''));
}

/** The symbol that an incident of one symbol concerns. */
function concerned({ symbols }: SoakPlan, incident: Incident | undefined): string {
  return symbols[(incident?.from ?? 0) % symbols.length]!;
}

function nameNewcomer({ folder }: SoakWorld, plan: SoakPlan, { since }: SoakEnd): void {
  const listing = plan.incidents.find(({ kind }) => kind === 'listing')!;
  appendFileSync(join(folder, SYMBOLS_FILE), `${plan.newcomer}\n`);
  since.set(plan.newcomer, plan.startMs + listing.from * MINUTE_MS);
}

/** What the person does once: the tables, and the crontab. */
async function makeCrontab(world: SoakWorld): Promise<CronLine[]> {
  const migrated = await world.run('migrate');
  if (migrated.exitCode !== 0) throw new Error(migrated.stderr);
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

/** Writes down from where the newest minute of each symbol comes now. */
function noteOrigins(
  { market }: SoakWorld,
  { ledger, since }: SoakEnd,
  now: { minute: Minute; sky: Sky; incident: Incident | undefined; due: readonly (readonly string[])[] },
): void {
  const { minute, sky, incident, due } = now;
  if (incident?.kind === 'asleep') return;
  // an hourly backfill is as quick as the ingest of its minute
  const isUncertain =
    (incident && UNCERTAIN.includes(incident.kind)) || due.some(([command]) => command === 'backfill');
  for (const [symbol, from] of since) {
    if (minute < from) continue;
    const origin = originOf(sky, market, symbol, minute);
    ledger.note(symbol, minute, isUncertain && origin === 'BINANCE' ? 'in time or later' : origin);
  }
}

/** Whoever goes on asking while banned is banned for longer. */
function findRequests({ exchange }: SoakWorld, time: Minute): string[] {
  const asked = exchange.requests.filter(({ exchange: name }) => name === 'binance');
  return asked.length === 0
    ? []
    : [`${formatMinute(time)} Binance was asked during its ban: ${asked.map(({ path }) => path).join(', ')}`];
}

/** Jobs end well unless something is wrong around them, and then in one of the ways that say so. */
function judgeEnds(ends: readonly LineEnd[], incident: Incident | undefined, time: Minute): string[] {
  const excused = !incident ? [0] : incident.kind === 'overlap' ? OVERLAPPING : EXCUSED;
  return ends
    .filter(({ exitCode }) => !(incident?.kind === 'killed' && exitCode === null))
    .filter(({ exitCode }) => exitCode === null || !excused.includes(exitCode))
    .map(({ argv, exitCode, stderr }) => {
      return `${formatMinute(time)} ${argv.join(' ')} ended with ${exitCode} (${incident?.kind ?? 'nothing was wrong'}): ${stderr}`;
    });
}
