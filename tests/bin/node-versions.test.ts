import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import { copyMigratedTemplate } from '../harness/embedded-template.js';
import { group, SkippedTest } from '../harness/group.js';
import { startLoopback } from '../loopback/start-loopback.js';

const execute = promisify(execFile);
const PROGRAM = resolve('dist/bin/chartctl.js');
/** Releases other than the one that runs the tests; the code cache beside the program is of that one. */
const RELEASES = ['22', '24'];
const NOW = Date.parse('2025-06-01T12:00:05Z');

group<MainJob>(
  'other releases of Node',
  (test) => {
    for (const release of RELEASES) {
      test(
        `Node ${release} backfills and exports the same bytes`,
        async (expected) => {
          const found = await runMainJob(await findNode(release));
          assert.equal([found.rows, found.stderr], [600, '']);
          assert.is(found.csv, expected.csv);
          assert.ok(found.parquet.equals(expected.parquet), 'Parquet');
        },
        { timeoutMs: 180_000 },
      );
    }
  },
  { setup: () => runMainJob(process.execPath) },
);

interface MainJob {
  rows: number;
  csv: string;
  parquet: Buffer;
  stderr: string;
}

/** Backfill and export on the embedded database. */
async function runMainJob(node: string): Promise<MainJob> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-node-'));
  const dataDir = await copyMigratedTemplate();
  const exchange = await startLoopback({ binance: generatedSource(['BTCUSDT']), nowMs: NOW });
  const env = { PATH: process.env.PATH, CHARTCTL_DATA_DIR: dataDir, ...exchange.environment };
  let stderr = '';
  const chartctl = async (...argv: string[]) => {
    const ended = await execute(node, [PROGRAM, ...argv, '--quiet'], { cwd: folder, env });
    stderr += ended.stderr;
    return ended.stdout;
  };
  try {
    await chartctl('backfill', 'BTCUSDT', '--minutes', '1000');
    const exported = await chartctl('export-training-set', 'BTCUSDT', '--out', 'set.csv', '--json');
    await chartctl('export-training-set', 'BTCUSDT', '--out', 'set.parquet');
    const { symbols } = JSON.parse(exported) as { symbols: { rows: number }[] };
    return {
      rows: symbols[0]!.rows,
      csv: readFileSync(join(folder, 'set.csv'), 'utf8'),
      parquet: readFileSync(join(folder, 'set.parquet')),
      stderr,
    };
  } finally {
    await exchange.close();
    for (const place of [folder, dataDir]) rmSync(place, { recursive: true });
  }
}

/** The program of a release, from npm; kept in the temporary directory. */
async function findNode(release: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const kept = join(tmpdir(), `chartctl-test-${name}-${release}-${process.getuid?.() ?? 0}`);
  if (existsSync(kept)) return kept;
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-node-'));
  try {
    const options = ['--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', '--no-save'];
    await execute('npm', ['install', ...options, `${name}@${release}`], { cwd: folder });
    cpSync(join(folder, 'node_modules', name, 'bin', 'node'), join(folder, 'node'));
    renameSync(join(folder, 'node'), kept);
    return kept;
  } catch (error) {
    throw new SkippedTest(`${name}@${release} could not be installed: ${String(error).split('\n')[0]}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
