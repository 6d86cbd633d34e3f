import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floorMinute } from '../../../src/core/minute.js';
import { generatedSource } from '../../../src/exchange/replay/candle-source.js';
import { runInProcess } from '../../commands/run-in-process.js';
import { group } from '../../harness/group.js';
import { concludeTrial, effort } from '../../harness/trial.js';
import { startLoopback } from '../../loopback/start-loopback.js';

const OTHERS_MAY_WRITE = 0o022;
const OTHERS_MAY_DO_ANYTHING = 0o077;

group('file modes', (test) => {
  test(
    'created files respect the umask; other users can neither write them nor read the embedded database',
    async () => {
      const losses: string[] = [];
      let tried = 0;
      for (const umask of effort([0o027], [0o000, 0o022, 0o027, 0o077])) {
        const made = await createFiles(umask);
        tried += made.length;
        losses.push(...made.flatMap((file) => checkMode(file, umask)));
      }
      concludeTrial({ fault: 'files created under different umasks', tried, unit: 'files', losses });
    },
    { timeoutMs: 180_000 },
  );
});

interface CreatedFile {
  name: string;
  mode: number;
}

/** Runs commands that create files. */
async function createFiles(umask: number): Promise<CreatedFile[]> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-modes-'));
  const exchange = await startLoopback({
    binance: generatedSource(['BTCUSDT']),
    nowMs: floorMinute(Date.now()) + 5_000,
  });
  const before = process.umask(umask);
  try {
    const env = { ...exchange.environment, CHARTCTL_DATA_DIR: join(folder, 'data') };
    const type = (...argv: string[]) => runInProcess(argv, { cwd: folder, env });
    await type('ingest', 'BTCUSDT', '--metrics-file', 'chartctl.prom');
    await type('export-training-set', 'BTCUSDT', '--out', 'rows.csv');
    await type('schedule', 'systemd', 'BTCUSDT', '--out', join(folder, 'units'));
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    // the mode of the data folder protects its contents
    return names
      .filter((name) => !name.startsWith('data/'))
      .map((name) => ({
        name,
        mode: lstatSync(join(folder, name)).mode & 0o777,
      }));
  } finally {
    process.umask(before);
    await exchange.close();
    rmSync(folder, { recursive: true });
  }
}

function checkMode({ name, mode }: CreatedFile, umask: number): string[] {
  const shown = `${name} had the mode ${mode.toString(8)} under the umask ${umask.toString(8)}`;
  if (name === 'data' && (mode & OTHERS_MAY_DO_ANYTHING) !== 0) return [shown];
  const isOpen = (mode & OTHERS_MAY_WRITE) !== 0 && umask !== 0;
  return isOpen || (mode & umask) !== 0 ? [shown] : [];
}
