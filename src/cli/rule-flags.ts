import { Failure } from '../core/failure.js';
import { CLEAN_RULE_NAMES, DEFAULT_RULES, type CleanRule } from '../core/flag-rules.js';
import type { Flags } from './flags.js';

const EXPECTED = `expected some of ${CLEAN_RULE_NAMES.join(', ')}, separated by commas, or all`;

/** The rules that are on: the default ones and those of `--with` (or all), less those of `--without`. */
export function readRules(flags: Flags): CleanRule[] {
  const added = flags.parse('--with', parseRules) ?? [];
  const removed = flags.parse('--without', parseRules) ?? [];
  const both = added.filter((rule) => removed.includes(rule));
  const isAll = added.length === CLEAN_RULE_NAMES.length; // "all but these" is no contradiction
  if (both.length > 0 && !isAll) flags.problems.add(`--with and --without both name ${both.join(', ')}`);
  const on = new Set([...DEFAULT_RULES, ...added]);
  const rules = CLEAN_RULE_NAMES.filter((rule) => on.has(rule) && !removed.includes(rule));
  if (flags.isSet('--flat-minutes') && !rules.includes('flat_price')) {
    flags.problems.add('--flat-minutes needs --with flat_price');
  }
  return rules;
}

/** @throws Failure that names the known rules */
function parseRules(text: string): CleanRule[] {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  if (names.length === 0) throw new Failure('usage', `"${text}" names no rule`, { hint: EXPECTED });
  if (names.includes('all')) return [...CLEAN_RULE_NAMES];
  return names.map((name) => {
    const rule = CLEAN_RULE_NAMES.find((known) => known === name);
    if (rule) return rule;
    throw new Failure('usage', `there is no rule "${name}"`, { hint: EXPECTED });
  });
}
