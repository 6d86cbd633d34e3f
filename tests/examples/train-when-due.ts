// Writes a training set and trains on it when backfill replaced too many of a symbol's rows since the last training.
import { checkRetrain, configOfProcess, exportTrainingSet, openStore } from 'chartctl';

const train = (path: string, rows: number) => Promise.resolve(console.log('training on', path, rows)); // one's own

const [symbol = 'BTCUSDT', out = 'train.csv'] = process.argv.slice(2);
const store = await openStore((await configOfProcess()).database);
try {
  const { isDue, reasons } = await checkRetrain(symbol, { store, threshold: 0.1 });
  console.log(isDue, reasons.map(({ reason, value }) => `${reason} ${value?.toFixed(2)}`).join(', '));
  if (isDue) {
    const { files, symbols } = await exportTrainingSet(symbol, { store, out, requireReady: true });
    for (const { path, rows } of files) await train(path, rows);
    for (const { excluded } of symbols) console.log('left out', excluded.length);
    if (files.length > 0) await checkRetrain(symbol, { store, markTrained: true });
  }
} finally {
  await store.close();
}
