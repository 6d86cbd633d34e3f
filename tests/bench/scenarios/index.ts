import type { Scenario } from '../bench.js';
import { archive, archiveWhole } from './archive.js';
import { backfill } from './backfill.js';
import { baseline } from './baseline.js';
import { budget } from './budget.js';
import { clean } from './clean.js';
import { embedded } from './embedded.js';
import { exportFiles, exportLarge } from './export.js';
import { exportAsOf } from './export-as-of.js';
import { indicators } from './indicators.js';
import { ingestMany } from './ingest-many.js';
import { rebuild } from './rebuild.js';
import { shortJobs } from './short-jobs.js';
import { usualScript } from './usual-script.js';

/** Everything that can be measured, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  baseline,
  backfill,
  archive,
  archiveWhole,
  usualScript,
  budget,
  ingestMany,
  shortJobs,
  rebuild,
  clean,
  exportFiles,
  exportLarge,
  exportAsOf,
  indicators,
  embedded,
];
