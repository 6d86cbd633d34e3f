// After an outage: fills the hole of every symbol and says what cannot be filled, and until when to wait.
import { backfill, configOfProcess, openStore, status, type Readiness } from 'chartctl';

const [from = '', to = ''] = process.argv.slice(2);
const { database, symbols } = await configOfProcess();
const store = await openStore(database);
const waitsFor = ({ isReady, readyFrom, blockers }: Readiness): string => {
  if (isReady) return 'ready';
  const time = readyFrom === null ? 'after a repair' : new Date(readyFrom).toISOString();
  return `ready ${time}: ${blockers.map(({ reason }) => reason).join(', ')}`;
};
try {
  for (const symbol of symbols) {
    const { inserted, fromFallback } = await backfill(symbol, from, to, { store, fillGaps: true });
    const { readiness } = await status(symbol, { store });
    console.log(symbol, inserted + fromFallback, waitsFor(readiness));
  }
} finally {
  await store.close();
}
