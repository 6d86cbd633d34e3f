import type { Scenario } from '../bench.js';
import { backfill } from './backfill.js';
import { baseline } from './baseline.js';
import { exportFiles } from './export.js';
import { rebuild } from './rebuild.js';
import { shortJobs } from './short-jobs.js';

/** Everything that can be measured, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [baseline, backfill, shortJobs, rebuild, exportFiles];
