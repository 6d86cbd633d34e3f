import type { Backend } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import { createRandom } from '../../indicators/series.js';
import { type DamagedDatabases, openDamagedDatabases } from './damaged-databases.js';
import { InterruptedCase } from './interrupted-case.js';
import { type KillCase, nameOf } from './kill-cases.js';

/** How often each command is stopped. */
export interface KillEffort {
  cases: readonly KillCase[];
  /** Stops of each. */
  hits: number;
  /** The most stops in a row before the command may finish. */
  consecutive: number;
}

/** Declares the trial: every command is stopped repeatedly, and the result must be that of undisturbed runs. */
export function killTrial(
  fault: string,
  backend: Backend,
  signals: readonly NodeJS.Signals[],
  { cases, hits, consecutive }: KillEffort,
): void {
  const timeoutMs = effort(240_000, 3_600_000);
  group<DamagedDatabases>(
    fault,
    (test) => {
      const losses: string[] = [];
      let tried = 0;
      for (const [i, tryCase] of cases.entries()) {
        test(
          tryCase.lines.map(nameOf).join(', '),
          async (world) => {
            const random = createRandom(RUN_SEED + i);
            const interrupted = await InterruptedCase.record(world, tryCase);
            for (let left = hits; left > 0;) {
              const signal = signals[Math.floor(random() * signals.length)]!;
              const found = await interrupted.interrupt(signal, Math.min(consecutive, left), random);
              left -= found.hits;
              tried += found.hits;
              losses.push(...found.losses);
            }
          },
          { timeoutMs },
        );
      }
      test('nothing was lost', () =>
        concludeTrial({
          fault,
          tried,
          unit: signals.includes('SIGKILL') ? 'kills' : 'signals',
          losses,
          seed: RUN_SEED,
        }));
    },
    { setup: () => openDamagedDatabases(backend), teardown: (world) => world.close() },
  );
}
