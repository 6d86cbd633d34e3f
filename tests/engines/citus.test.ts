import { CITUS } from './engine-urls.js';
import { compareSteps } from './steps/compare-steps.js';

compareSteps(CITUS, 'the steps on Citus');
