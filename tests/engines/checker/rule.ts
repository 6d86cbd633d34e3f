import { findTableUses, type TableUses } from './scopes.js';
import type { Statement } from './statement.js';
import type { Functions } from './volatility.js';

/** What a rule sees of a statement. */
export interface Subject extends Statement {
  uses: TableUses;
  functions: Functions;
}

/** One rule: a sentence on what it asks for, and a pure function that says what breaks it. */
export interface Rule {
  name: string;
  asks: string;
  /** What breaks the rule; empty when nothing does. */
  check: (subject: Subject) => readonly string[];
}

/** A statement with what the rules ask about. */
export function toSubject(statement: Statement, functions: Functions): Subject {
  const { type, node, parameters } = statement;
  return { ...statement, uses: findTableUses(type, node, parameters), functions };
}
