import { CLEAN_RULES, DEFAULT_RULES } from '../core/flag-rules.js';
import type { CleanSummary } from '../jobs/clean/clean.js';

/** The rules of `clean` with what each looks for, a line each. */
export function describeRules(): string[] {
  return Object.entries(CLEAN_RULES).map(
    ([rule, meaning]) => `  ${rule.padEnd(14)}${meaning}${isDefault(rule) ? '' : ' (off)'}`,
  );
}

/** New flags of the rules that have no column of their own: `flat_price 72, price_jump 1`. */
export function describeOtherFlags({ flagged }: CleanSummary): string | null {
  const others = Object.entries(flagged).filter(([rule, count]) => count > 0 && !isDefault(rule));
  return others.length > 0 ? others.map(([rule, count]) => `${rule} ${count}`).join(', ') : null;
}

function isDefault(rule: string): boolean {
  return DEFAULT_RULES.some((name) => name === rule);
}
