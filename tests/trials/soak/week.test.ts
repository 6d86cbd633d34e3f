import { group } from '../../harness/group.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import type { PlannedIncidents } from './incidents.js';
import { soak, type SoakSetup } from './soak-trial.js';
import { canCrashServer } from './soak-world.js';

const MAJORS = ['BTC', 'ETH', 'SOL', 'XRP', 'ADA', 'DOGE', 'BNB', 'LTC', 'DOT', 'AVAX'];
const OTHERS = ['LINK', 'ATOM', 'NEAR', 'FIL', 'ICP', 'APT', 'ARB', 'INJ', 'SUI', 'TIA'];
const SYMBOLS = [...MAJORS, ...OTHERS].map((base) => `${base}USDT`);

const WEEK_INCIDENTS: readonly PlannedIncidents[] = [
  { kind: 'outage', times: 2, minutes: 80 },
  { kind: 'halt', times: 3, minutes: 4 },
  { kind: 'refused', times: 3, minutes: 45 },
  { kind: 'errors', times: 2, minutes: 2 },
  { kind: 'ban', times: 2, minutes: 90 },
  { kind: 'late', times: 4, minutes: 2 },
  { kind: 'slow', times: 6, minutes: 1 },
  { kind: 'hidden', times: 4, minutes: 40 },
  { kind: 'asleep', times: 2, minutes: 180 },
  { kind: 'killed', times: 30, minutes: 1 },
  { kind: 'overlap', times: 15, minutes: 1 },
  { kind: 'crash', times: 10, minutes: 1 },
  { kind: 'revision', times: 25, minutes: 1 },
  { kind: 'repair', times: 2, minutes: 1 },
  { kind: 'listing', times: 1, minutes: 20 },
];

const HOURS_INCIDENTS: readonly PlannedIncidents[] = [
  { kind: 'outage', times: 1, minutes: 12 },
  { kind: 'refused', times: 1, minutes: 6 },
  { kind: 'ban', times: 1, minutes: 8 },
  { kind: 'late', times: 1, minutes: 1 },
  { kind: 'slow', times: 1, minutes: 1 },
  { kind: 'killed', times: 3, minutes: 1 },
  { kind: 'overlap', times: 1, minutes: 1 },
  { kind: 'crash', times: 2, minutes: 1 },
  { kind: 'revision', times: 2, minutes: 1 },
  { kind: 'repair', times: 1, minutes: 1 },
  { kind: 'listing', times: 1, minutes: 5 },
];

/**
 * Daylight saving time ends on Sunday; the last of the seven days has no incident. The daily backfill goes back four days, as far as
 * rows are kept; after the first one, before the first incident, as many rows are inserted as removed.
 */
const WEEK: SoakSetup = {
  backend: 'PostgreSQL',
  startMs: Date.parse('2025-10-23T00:00:00Z'),
  minutes: 7 * 1440,
  symbols: SYMBOLS,
  incidents: WEEK_INCIDENTS,
  incidentMinutes: { from: 780, to: 6 * 1440 },
  keepDays: 4,
  pastMinutes: 5 * 1440,
};

/** Hours with all incidents around midnight; then the machine sleeps, except for a backfill, until the window has passed them. */
const HOURS: SoakSetup = {
  backend: 'PostgreSQL',
  startMs: Date.parse('2025-10-25T22:40:00Z'),
  minutes: 1117,
  symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'],
  incidents: HOURS_INCIDENTS,
  incidentMinutes: { from: 3, to: 110 },
  afterwards: [
    { kind: 'asleep', from: 111, minutes: 34 },
    { kind: 'asleep', from: 148, minutes: 947 },
  ],
};

group('Cron over days, on PostgreSQL', (test) => {
  if (!canCrashServer()) return test.skip('a week', 'no server programs here: apt install postgresql');

  test(
    'every symbol is ready at the end, every row is right, and nothing is left behind or grows',
    async () => {
      const setup = effort(HOURS, WEEK);
      const { runs, losses, growths, reproduced } = await soak(setup);
      const length = effort('hours', 'a week');
      const tried = setup.minutes * setup.symbols.length;
      const fault = `${length} of cron with outages, bans, revisions, crashes, kills, PostgreSQL`;
      concludeTrial({ fault, tried, unit: 'minutes of symbols', losses, seed: RUN_SEED });
      const growthFault = `memory, files, connections or tables that grow in ${length} of cron`;
      concludeTrial({ fault: growthFault, tried: runs, unit: 'runs of jobs', losses: growths, seed: RUN_SEED });
      const past = { tried: reproduced.count, unit: 'exports', losses: reproduced.losses, seed: RUN_SEED };
      concludeTrial({ fault: `exports that cannot be made again after ${length} of cron`, ...past });
    },
    { timeoutMs: effort(280_000, 3 * 3_600_000) },
  );
});
