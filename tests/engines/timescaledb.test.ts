import { TIMESCALEDB } from './engine-urls.js';
import { compareSteps } from './steps/compare-steps.js';

compareSteps(TIMESCALEDB, 'the steps on TimescaleDB');
