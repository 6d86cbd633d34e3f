import type { Rule } from '../rule.js';
import { COPY_QUERY, COPY_TO_STAGE, KEYS_WITH_SYMBOL, NO_CTID, OWN_FUNCTIONS } from './portable.js';
import { JOIN_BY_SYMBOL, KNOWN_TABLE, NO_LATERAL, NO_LOCAL_JOIN, NO_TARGET_SUBQUERY } from './reads.js';
import { KEEP_KEYS, ONE_SYMBOL, PLAIN_CONFLICT, STEADY_CHANGE, TIME_BOUNDS } from './writes.js';

/** What every statement has to obey so that it also runs on a distributed PostgreSQL. */
export const RULES: readonly Rule[] = [
  KEYS_WITH_SYMBOL,
  NO_CTID,
  ONE_SYMBOL,
  TIME_BOUNDS,
  STEADY_CHANGE,
  KEEP_KEYS,
  PLAIN_CONFLICT,
  COPY_TO_STAGE,
  COPY_QUERY,
  OWN_FUNCTIONS,
  NO_LATERAL,
  NO_TARGET_SUBQUERY,
  NO_LOCAL_JOIN,
  JOIN_BY_SYMBOL,
  KNOWN_TABLE,
];
