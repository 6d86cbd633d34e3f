import { execFile, type ExecFileException } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { generatedSource } from '../../../src/exchange/replay/generated-source.js';
import { copyEmbeddedTemplate } from '../../harness/embedded-template.js';
import { group } from '../../harness/group.js';
import { startLoopback } from '../../loopback/start-loopback.js';

/** What a program of the platform might look like. */
const CONSUMER = `
import { backfill, Failure, ingestMinute, loadTrainingRows, openStore, type TrainingRow } from 'chartctl';

const summary = await ingestMinute('BTCUSDT');
const range = await backfill('BTCUSDT', new Date(summary.minute - 7_200_000), summary.minute);
const rows: TrainingRow[] = await loadTrainingRows('BTCUSDT');
const close: number = rows.at(-1)!.close;
const rsi: number | null = rows.at(-1)!.rsi;
let refused = '';
try {
  await ingestMinute('BTC USDT');
} catch (error) {
  if (error instanceof Failure) refused = error.code ?? error.kind;
}
const store = await openStore({ kind: 'embedded', dataDir: process.env.CHARTCTL_DATA_DIR! });
const window = await loadTrainingRows('BTCUSDT', undefined, { store });
await store.close();
// @ts-expect-error the end is missing: if this compiled, the types would be worth nothing
export const neverCalled = () => backfill('BTCUSDT', new Date());

process.stdout.write(JSON.stringify([summary.stored, range.valid, rows.length, close > 0, rsi! > 0, refused, window.length]));
`;
group(
  'a program that imports the package',
  (test) => {
    test(
      'compiles against its types, runs on the environment, and ends by itself',
      async (folder) => {
        const compiled = await execute(process.execPath, [TSC, '-p', folder], {});
        assert.is(compiled.exitCode, 0, compiled.stdout);
        const exchange = await startLoopback({
          binance: generatedSource(['BTCUSDT']),
          nowMs: Date.parse('2025-06-01T12:00:05Z'),
        });
        const CHARTCTL_DATA_DIR = await copyEmbeddedTemplate();
        const env = { HOME: folder, CHARTCTL_DATA_DIR, ...exchange.environment };
        const ran = await execute(process.execPath, [join(folder, 'consumer.js')], env);
        assert.is(ran.stderr, '');
        assert.equal(JSON.parse(ran.stdout), [1000, 120, 600, true, true, 'usage', 600]);
        await exchange.close();
        rmSync(CHARTCTL_DATA_DIR, { recursive: true });
      },
      { timeoutMs: 180_000 },
    );
  },
  { setup: prepare, teardown: (folder) => rmSync(folder, { recursive: true }) },
);

const TSC = resolve('node_modules/typescript/bin/tsc');

/** A folder with the program, into which the built package is linked. */
function prepare(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-consumer-'));
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
  symlinkSync(resolve('.'), join(folder, 'node_modules', 'chartctl'));
  symlinkSync(resolve('node_modules/@types/node'), join(folder, 'node_modules', '@types', 'node'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { module: 'NodeNext', target: 'ES2022', strict: true, types: ['node'], skipLibCheck: false };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  writeFileSync(join(folder, 'consumer.ts'), CONSUMER);
  return folder;
}

interface Ended {
  exitCode: number | string;
  stdout: string;
  stderr: string;
}

function execute(program: string, argv: readonly string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((done) => {
    const options = { env: { PATH: process.env.PATH, ...env } };
    execFile(program, argv, options, (error: ExecFileException | null, stdout, stderr) => {
      done({ exitCode: error?.code ?? (error ? 'signal' : 0), stdout, stderr });
    });
  });
}
