import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import type { TrainingRow } from '../../src/rows/training-row.js';
import { COLUMN_NAMES } from './training-rows.js';

/** A row's values in the order of a file's columns. */
export type Cells = (string | number | null)[];

export function toCells(row: TrainingRow): Cells {
  return COLUMN_NAMES.map((name) => row[name]);
}

/** Compares what a reader found, its times as text, with the rows that were written: bit for bit, -0 too. */
export function assertSameCells(found: readonly Cells[], rows: readonly TrainingRow[]): void {
  assert.is(found.length, rows.length);
  rows.forEach((row, i) => {
    const cells = found[i]!.map((cell, column) => (column === 1 ? Date.parse(String(cell)) : cell));
    toCells(row).forEach((cell, column) => {
      assert.ok(Object.is(cells[column], cell), `row ${i}, ${COLUMN_NAMES[column]}: ${cells[column]}, not ${cell}`);
    });
  });
}

export const hasPython = spawnSync('python3', ['--version']).status === 0;

/** Runs a program that reads a file and prints its header and its rows as JSON. */
export function readWithPython(program: string, file: Buffer): [string[], ...Cells[]] {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program], { input: file, maxBuffer: 1 << 26 });
  assert.is(status, 0, stderr.toString());
  return JSON.parse(stdout.toString()) as [string[], ...Cells[]];
}
