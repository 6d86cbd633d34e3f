import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { calculateIndicators } from '../../../src/indicators/calculate-indicators.js';
import { INDICATOR_COLUMNS, type IndicatorColumn } from '../../../src/indicators/indicators.js';
import { isWithinTolerance } from '../../harness/reference.js';

/** A row of an exported CSV. */
export interface ExportedRow extends Candle {
  symbol: string;
  indicators: Record<IndicatorColumn, number | null>;
}

/** Reads a CSV and checks it against its manifest. */
export function readExport(file: string): { rows: ExportedRow[]; losses: string[] } {
  const text = readFileSync(file);
  const manifest = JSON.parse(readFileSync(`${file}.datapackage.json`, 'utf8')) as {
    resources: { hash: string; chartctl: { rows: number } }[];
  };
  const [header, ...lines] = text.toString('utf8').trimEnd().split('\n');
  const names = header!.split(',');
  const rows = lines.map((line) => toRow(Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell]))));
  const { hash, chartctl } = manifest.resources[0]!;
  const isWhole = hash === `sha256:${createHash('sha256').update(text).digest('hex')}` && chartctl.rows === rows.length;
  return { rows, losses: isWhole ? [] : [`${file}: the manifest is of another file`] };
}

/**
 * One sentence for each exported row whose indicators are not those of the exported candles: a mix of two states of the
 * table.
 */
export function findMixedStates(rows: readonly ExportedRow[]): string[] {
  return splitStretches(rows).flatMap((stretch) => {
    const expected = calculateIndicators(stretch);
    return stretch.flatMap(({ symbol, openTime, close, indicators }, i) => {
      const wrong = INDICATOR_COLUMNS.filter((column) => {
        const wanted = expected[i]![column];
        return wanted !== null && !isWithinTolerance(column, indicators[column], wanted, close);
      });
      return wrong.length === 0
        ? []
        : [`${symbol} ${new Date(openTime).toISOString()}: ${wrong.join(', ')} of other candles`];
    });
  });
}

/** Consecutive minutes of one symbol. */
function splitStretches(rows: readonly ExportedRow[]): ExportedRow[][] {
  const stretches: ExportedRow[][] = [];
  for (const row of rows) {
    const last = stretches.at(-1)?.at(-1);
    if (last?.symbol === row.symbol && last.openTime + MINUTE_MS === row.openTime) stretches.at(-1)!.push(row);
    else stretches.push([row]);
  }
  return stretches;
}

function toRow(cells: Record<string, string>): ExportedRow {
  const number = (name: string) => Number(cells[name]);
  const indicators = INDICATOR_COLUMNS.map((name) => [name, cells[name] === '' ? null : number(name)] as const);
  return {
    symbol: cells.symbol!,
    openTime: Date.parse(cells.timestamp!),
    open: number('open'),
    high: number('high'),
    low: number('low'),
    close: number('close'),
    volume: number('volume'),
    indicators: Object.fromEntries(indicators) as Record<IndicatorColumn, number | null>,
  };
}
