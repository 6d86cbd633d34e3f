import { group } from '../../harness/group.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import type { PlannedIncidents } from './incidents.js';
import { soak, type SoakSetup } from './soak-trial.js';

const DAY_INCIDENTS: readonly PlannedIncidents[] = [
  { kind: 'outage', times: 1, minutes: 40 },
  { kind: 'halt', times: 1, minutes: 4 },
  { kind: 'refused', times: 2, minutes: 20 },
  { kind: 'ban', times: 1, minutes: 30 },
  { kind: 'late', times: 2, minutes: 1 },
  { kind: 'slow', times: 2, minutes: 1 },
  { kind: 'hidden', times: 1, minutes: 40 },
  { kind: 'asleep', times: 1, minutes: 60 },
  { kind: 'killed', times: 12, minutes: 1 },
  { kind: 'overlap', times: 5, minutes: 1 },
  { kind: 'revision', times: 5, minutes: 1 },
  { kind: 'repair', times: 1, minutes: 1 },
  { kind: 'listing', times: 1, minutes: 10 },
];

const SHORT_INCIDENTS: readonly PlannedIncidents[] = [
  { kind: 'refused', times: 1, minutes: 2 },
  { kind: 'killed', times: 1, minutes: 1 },
  { kind: 'revision', times: 1, minutes: 1 },
];

/** In this night daylight saving time ends; no incident happens in the rest of the day. */
const DAY: SoakSetup = {
  backend: 'PGlite',
  startMs: Date.parse('2025-10-25T12:00:00Z'),
  minutes: 1440,
  symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'],
  incidents: DAY_INCIDENTS,
  incidentMinutes: { from: 10, to: 430 },
};

const SHORT: SoakSetup = {
  backend: 'PGlite',
  startMs: Date.parse('2025-10-26T00:50:00Z'),
  minutes: 1004,
  symbols: ['BTCUSDT'],
  incidents: SHORT_INCIDENTS,
  incidentMinutes: { from: 1, to: 16 },
  afterwards: [{ kind: 'asleep', from: 18, minutes: 983 }],
};

group('Cron over a day, on the embedded database', (test) => {
  test(
    'every symbol is ready at the end, every row is right, and nothing is left behind or grows',
    async () => {
      const setup = effort(SHORT, DAY);
      const { losses, growths, reproduced } = await soak(setup);
      const fault = `${effort('minutes', 'a day')} of cron with outages, bans, revisions, kills, PGlite`;
      const tried = setup.minutes * setup.symbols.length;
      const all = [...losses, ...growths, ...reproduced.losses];
      concludeTrial({ fault, tried, unit: 'minutes of symbols', losses: all, seed: RUN_SEED });
    },
    { timeoutMs: effort(280_000, 3 * 3_600_000) },
  );
});
