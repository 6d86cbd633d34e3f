import { Failure } from '../../../core/failure.js';
import {
  CLEAN_RULE_NAMES,
  type CleanRule,
  DEFAULT_RULES,
  RULE_OPTIONS,
  type RuleOptions,
  RULES,
} from '../../../quality/rules/rules.js';
import type { Flags } from './flags.js';

/** The options of the rules, for help. */
export const RULE_FLAGS = Object.values(RULE_OPTIONS).map(({ flag, description, default: value }): [string, string] => [
  flag,
  `${description} (default: ${value})`,
]);

/** The values of the rules' options. */
export function readRuleOptions(flags: Flags): RuleOptions {
  return Object.fromEntries(
    Object.entries(RULE_OPTIONS).map(([name, { flag, isWhole, min, max }]) => {
      return [name, isWhole ? flags.count(nameOf(flag), { min, max }) : flags.number(nameOf(flag), { min, max })];
    }),
  );
}

const EXPECTED = `expected some of ${CLEAN_RULE_NAMES.join(', ')}, separated by commas, or all`;

/** The enabled rules: the default ones and those of `--with` (or all), without those of `--without`. */
export function readRules(flags: Flags): CleanRule[] {
  const { added, removed } = applyPrecedence(flags, readNames(flags, '--with'), readNames(flags, '--without'));
  const both = added.filter((rule) => removed.includes(rule));
  const isAll = added.length === CLEAN_RULE_NAMES.length; // "all but these" is not a contradiction
  if (both.length > 0 && !isAll) {
    flags.problems.add(`${flags.nameOf('--with')} and ${flags.nameOf('--without')} both name ${both.join(', ')}`);
  }
  const on = new Set([...DEFAULT_RULES, ...added]);
  const rules = CLEAN_RULE_NAMES.filter((rule) => on.has(rule) && !removed.includes(rule));
  for (const { flag, rule } of Object.values(RULE_OPTIONS)) {
    const isOff = !RULES[rule].isDefault && !rules.includes(rule);
    if (isOff && flags.isSet(nameOf(flag))) flags.problems.add(`${nameOf(flag)} needs --with ${rule}`);
  }
  return rules;
}

/** `--flat-minutes` of `--flat-minutes <n>`. */
function nameOf(flag: string): string {
  return flag.split(' ')[0]!;
}

/** An option of the call wins over a configured list: its rules are removed from that list. */
function applyPrecedence(flags: Flags, added: CleanRule[], removed: CleanRule[]) {
  const [isAddedHere, isRemovedHere] = [flags.isSet('--with'), flags.isSet('--without')];
  return {
    added: isRemovedHere && !isAddedHere ? added.filter((rule) => !removed.includes(rule)) : added,
    removed: isAddedHere && !isRemovedHere ? removed.filter((rule) => !added.includes(rule)) : removed,
  };
}

function readNames(flags: Flags, flag: string): CleanRule[] {
  return flags.parse(flag, parseRules) ?? [];
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
