import { toSubject } from './rule.js';
import { RULES } from './rules/rules.js';
import { innerOf, parseStatements, withParts } from './statement.js';
import type { Functions } from './volatility.js';

/** A rule that a statement breaks, and how. */
export interface Breach {
  rule: string;
  how: string;
}

/** The breaches of a message, which may hold several statements. */
export function checkStatement(text: string, parameters: readonly (string | null)[], functions: Functions): Breach[] {
  const statements = parseStatements(text, parameters).flatMap((statement) => {
    const inner = innerOf(statement);
    return [...(inner.node === statement.node ? [] : [statement]), ...withParts(inner)];
  });
  const found = statements.flatMap((statement) => {
    const subject = toSubject(statement, functions);
    return RULES.flatMap(({ name, check }) => check(subject).map((how) => ({ rule: name, how })));
  });
  const keys = found.map(({ rule, how }) => `${rule} ${how}`);
  return found.filter((_, i) => keys.indexOf(keys[i]!) === i);
}
