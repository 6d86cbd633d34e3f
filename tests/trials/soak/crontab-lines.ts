import { MINUTE_MS, type Minute } from '../../../src/core/minute.js';

/** A job of a crontab: when it is due, and the arguments of `chartctl`. */
export interface CronLine {
  argv: string[];
  isDue(time: Minute): boolean;
}

/** The times that chartctl's crontabs use: a minute and an hour, or every one of them. */
const LINE =
  /^(\*|\d+) (\*|\d+) \* \* \* sleep \d+; \S+ --env-file=\S+ (?<script>\S+) (?<args>.+?) (> \/dev\/null|>>) /;

/** Reads what `chartctl schedule crontab` wrote; the day begins at midnight UTC. */
export function readCrontab(text: string): CronLine[] {
  const lines = text.split('\n').filter((line) => /^[\d*]/.test(line));
  return lines.map((line) => {
    const found = LINE.exec(line);
    if (!found) throw new Error(`not a line of chartctl's crontab: "${line}"`);
    return { argv: found.groups!.args!.split(' '), isDue: dueAt(found[1]!, found[2]!) };
  });
}

/** Whether a time is that of the two fields. */
export function dueAt(minute: string, hour: string): (time: Minute) => boolean {
  const matches = (field: string, value: number) => field === '*' || Number(field) === value;
  return (time) => {
    const minutes = Math.floor(time / MINUTE_MS);
    return matches(minute, minutes % 60) && matches(hour, Math.floor(minutes / 60) % 24);
  };
}
