import { FILL_STEPS } from './fill-steps.js';
import { REPAIR_STEPS } from './repair-steps.js';
import type { Step } from './step.js';
import { USE_STEPS } from './use-steps.js';

/** All commands with eight symbols, in an order in which each finds what the earlier ones left. */
export const STEPS: readonly Step[] = [...FILL_STEPS, ...REPAIR_STEPS, ...USE_STEPS];
