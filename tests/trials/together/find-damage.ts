import { MINUTE_MS } from '../../../src/core/minute.js';
import { assertMatchesReference } from '../../harness/reference.js';
import { REVISED } from './concurrent-jobs.js';
import { DAYS, originalCandles, revisionOf, type SharedMarket, SYMBOLS } from './shared-market.js';

/**
 * Completes symbols, and brings all others to their newest minutes; returns one sentence for each command
 * that could not do its part.
 */
export async function completeSymbols(market: SharedMarket, symbols: readonly string[] = SYMBOLS): Promise<string[]> {
  const range = ['--days', String(DAYS)];
  const commands = [
    ['ingest', ...SYMBOLS],
    ['backfill', ...symbols, ...range],
    ['clean', ...symbols],
    ['clean', ...symbols, '--repair'],
  ];
  const losses: string[] = [];
  for (const argv of commands) {
    const { exitCode, stderr } = await market.run(...argv);
    if (exitCode !== 0) losses.push(`at the end ${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
  }
  return losses;
}

const CANDLE = ['open', 'high', 'low', 'close', 'volume'] as const;

/** Contradictions between the candles and the other tables; each query counts them. */
const CONTRADICTIONS: Readonly<Record<string, string>> = {
  'flagged rows of which no flag is known': `
    SELECT count(*) FROM rolling_chart_data r WHERE hasmissingdata AND NOT EXISTS (SELECT FROM chartctl_flags f
      WHERE f.symbol = r.symbol AND f.timestamp = r.timestamp AND (f.state = 'open' OR f.kept))`,
  'open flags of rows that are not flagged': `
    SELECT count(*) FROM chartctl_flags f WHERE state = 'open' AND NOT EXISTS (SELECT FROM rolling_chart_data r
      WHERE r.symbol = f.symbol AND r.timestamp = f.timestamp AND r.hasmissingdata)`,
  'gaps of an exchange that has none': 'SELECT count(*) FROM chartctl_gaps',
  'rows that were inserted twice, or without a record': `
    SELECT sum(abs(rows - inserted + deleted)) FROM (SELECT symbol, count(*) AS rows,
      (SELECT sum(extract(epoch FROM to_time - from_time) / 60) FROM chartctl_inserts i WHERE i.symbol = r.symbol) AS inserted,
      (SELECT count(*) FROM chartctl_changes c WHERE c.symbol = r.symbol AND action = 'delete') AS deleted
      FROM rolling_chart_data r GROUP BY symbol) counts`,
  'jobs that are recorded as running': `SELECT count(*) FROM chartctl_jobs WHERE outcome = 'running'`,
};

/** After all processes: one sentence for each difference from the exchange or from the audit log. */
export async function findDamage(market: SharedMarket): Promise<string[]> {
  const losses: string[] = [];
  for (const symbol of SYMBOLS) losses.push(...(await findWrongRows(market, symbol)));
  const counts = await market.inspect(async ({ knex }) => {
    const found: [string, number][] = [];
    for (const [what, query] of Object.entries(CONTRADICTIONS)) {
      const { rows } = await knex.raw<{ rows: Record<string, string>[] }>(query);
      found.push([what, Number(Object.values(rows[0]!)[0])]);
    }
    return found;
  });
  for (const [what, count] of counts) if (count !== 0) losses.push(`${what}: ${count}`);
  return [...losses, ...(await findLostRevisions(market))];
}

/** Compares all minutes from the first row on with the exchange's candles and the reference indicators. */
async function findWrongRows({ rows, source, exchange }: SharedMarket, symbol: string): Promise<string[]> {
  const stored = await rows(symbol);
  const expected = source.candles(symbol, { from: stored[0]!.openTime, to: exchange.clock.now() - MINUTE_MS + 1 });
  if (stored.length !== expected.length) return [`${symbol} has ${stored.length} rows, expected ${expected.length}`];
  const wrong = stored.filter((row, i) => CANDLE.some((name) => row[name] !== expected[i]![name]));
  try {
    assertMatchesReference(stored);
  } catch (error) {
    return [`${symbol}: ${String(error)}`];
  }
  return wrong.map(({ openTime }) => `${symbol} ${new Date(openTime).toISOString()} has other numbers`);
}

/** In the audit log each revision is replaced by the next one: a writer that did not see another's write would skip it. */
async function findLostRevisions({ inspect }: SharedMarket): Promise<string[]> {
  const original = originalCandles('ETHUSDT', REVISED);
  const { rows } = await inspect(({ knex }) =>
    knex.raw<{ rows: { timestamp: Date; closes: number[] }[] }>(
      `SELECT timestamp, array_to_json(array_agg((before->>'close')::float8 ORDER BY changed_at, sequence)) AS closes
       FROM chartctl_changes WHERE symbol = 'ETHUSDT' AND action = 'replace' GROUP BY timestamp`,
    ),
  );
  const broken = rows.filter(({ timestamp, closes }) => {
    const candle = original.get(timestamp.getTime());
    return !candle || closes.some((close, i) => revisionOf(candle, close) !== i);
  });
  return broken.slice(0, 3).map(({ timestamp, closes }) => {
    const revisions = closes.map((close) => revisionOf(original.get(timestamp.getTime())!, close));
    return `ETHUSDT ${timestamp.toISOString()} went through the revisions ${revisions.join(', ')}`;
  });
}
