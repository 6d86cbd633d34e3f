// Keeps symbols up to date, a few seconds after every minute, until the process is asked to stop.
import { setTimeout as sleep } from 'node:timers/promises';
import { configOfProcess, Failure, ingestMinute, openMarket, openStore } from 'chartctl';

const { database, exchange: places, symbols } = await configOfProcess();
const store = await openStore(database);
const exchange = openMarket(places); // shared: one rate budget
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

while (!stop.signal.aborted) {
  for (const symbol of symbols) {
    try {
      const { minute, isComplete } = await ingestMinute(symbol, { store, exchange, signal: stop.signal });
      console.log(symbol, new Date(minute).toISOString(), isComplete ? 'complete' : 'wait');
    } catch (error) {
      if (!(error instanceof Failure)) throw error; // a bug
      console.error(symbol, error.message);
    }
  }
  const untilNext = 63_000 - (Date.now() % 60_000);
  await sleep(untilNext, undefined, { signal: stop.signal }).catch(() => console.log('stopped'));
}
await store.close();
