import type { Differences } from '../../jobs/compare/sum-differences.js';
import { DIFFERENCES_MEMBERS } from '../framework/document/difference-shapes.js';
import { documentOf } from '../framework/document/document.js';

export const diffDocument = documentOf<Differences, Differences>(
  ({ rows, sums, samples }) => ({ rows, sums, samples }),
  DIFFERENCES_MEMBERS,
);
