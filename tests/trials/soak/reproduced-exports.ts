import type { SoakWorld } from './soak-world.js';

/** What `jobs --json` says of an export. */
interface ExportJob {
  jobId: number;
  outcome: string;
}

/** More than there are between two checks. */
const LIMIT = '1000';

/** Makes the exported training sets of a simulation again from the audit log. */
export class ReproducedExports {
  /** One sentence for each export that is not identical, or cannot be made again. */
  readonly losses: string[] = [];
  /** Exports that were identical. */
  count = 0;
  #checkedUntil = 0;

  constructor(readonly world: SoakWorld) {}

  /** Checks the exports since the last call; before the entries of the audit log that they need are removed. */
  async check(): Promise<void> {
    const { stdout } = await this.world.run('jobs', '--command', 'export-training-set', '--limit', LIMIT, '--json');
    const { jobs } = JSON.parse(stdout) as { jobs: ExportJob[] };
    const fresh = jobs.filter(({ jobId, outcome }) => jobId > this.#checkedUntil && outcome === 'done');
    for (const { jobId } of fresh) {
      const { exitCode, stdout, stderr } = await this.world.run('reproduce', String(jobId));
      if (exitCode === 0) this.count += 1;
      else this.losses.push(`export ${jobId} could not be made again: ${stderr}${stdout}`);
    }
    this.#checkedUntil = Math.max(this.#checkedUntil, ...fresh.map(({ jobId }) => jobId));
  }
}
