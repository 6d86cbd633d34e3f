import { flatPrice } from './flat-price.js';
import { offMinute } from './off-minute.js';
import { priceJump } from './price-jump.js';
import type { Rule, RuleOption } from './rule.js';
import { unsound } from './unsound.js';
import { volumeSpike } from './volume-spike.js';
import { volumeUnit } from './volume-unit.js';
import { wrongMarket } from './wrong-market.js';

/**
 * Every rule by which `clean` flags rows, under its name in the database, strongest evidence first.
 *
 * Help, settings, flags and defaults come from this list. A new rule is one file and one line here.
 */
export const RULES = {
  unsound,
  off_minute: offMinute,
  wrong_market: wrongMarket,
  volume_unit: volumeUnit,
  price_jump: priceJump,
  flat_price: flatPrice,
  volume_spike: volumeSpike,
} as const;

export type CleanRule = keyof typeof RULES;

type OptionOf<T> = T extends Rule<infer Option> ? Option : never;
type RuleOptionName = OptionOf<(typeof RULES)[CleanRule]>;

/** A value for each option of the rules. */
export type RuleSettings = Record<RuleOptionName, number>;

/** Values for options of the rules; by default those of `RULE_OPTIONS`. */
export type RuleOptions = { [Name in RuleOptionName]?: number | undefined };

export const CLEAN_RULE_NAMES = Object.keys(RULES) as readonly CleanRule[];

/** The rules that are on unless switched off. */
export const DEFAULT_RULES = CLEAN_RULE_NAMES.filter((name) => RULES[name].isDefault);

/** The options of all rules, by name, each with its rule. */
export const RULE_OPTIONS = Object.fromEntries(
  CLEAN_RULE_NAMES.flatMap((rule) =>
    Object.entries<RuleOption>(RULES[rule].options).map(([name, option]) => [name, { ...option, rule }]),
  ),
) as Readonly<Record<RuleOptionName, RuleOption & { rule: CleanRule }>>;

/** The given settings, with the default of each that is missing. */
export function withRuleDefaults(settings: RuleOptions): RuleSettings {
  const names = Object.keys(RULE_OPTIONS) as RuleOptionName[];
  return Object.fromEntries(names.map((name) => [name, settings[name] ?? RULE_OPTIONS[name].default])) as RuleSettings;
}

/** The classes of difference from the exchange for which `verify` flags rows, besides `unsound` and `wrong_market`. */
type VerifyRule = 'revised' | 'partial' | 'fallback' | 'different' | 'absent';

/** Why a row is flagged; `external`: SQL outside chartctl set `hasMissingData`. */
export type FlagRule = CleanRule | VerifyRule | 'external';
