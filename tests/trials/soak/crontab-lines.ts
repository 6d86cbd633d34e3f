import { MINUTE_MS, type Minute } from '../../../src/core/minute.js';

/** A job of a crontab: when it is due, and the arguments of `chartctl`. */
export interface CronLine {
  argv: string[];
  isDue(time: Minute): boolean;
}

/** The forms of time in chartctl's crontabs: a minute and an hour, each a number or `*`. */
const LINE =
  /^(\*|\d+) (\*|\d+) \* \* \* sleep \d+; \S+ --env-file=\S+ (?<script>\S+) (?<args>.+?) (> \/dev\/null|>>) /;

/** Parses the output of `chartctl schedule crontab`; hours are UTC. */
export function readCrontab(text: string): CronLine[] {
  const lines = text.split('\n').filter((line) => /^[\d*]/.test(line));
  return lines.map((line) => {
    const found = LINE.exec(line);
    if (!found) throw new Error(`not a line of chartctl's crontab: "${line}"`);
    return { argv: found.groups!.args!.split(' '), isDue: dueAt(found[1]!, found[2]!) };
  });
}

/** Whether a time matches a minute field and an hour field. */
export function dueAt(minute: string, hour: string): (time: Minute) => boolean {
  const matches = (field: string, value: number) => field === '*' || Number(field) === value;
  return (time) => {
    const minutes = Math.floor(time / MINUTE_MS);
    return matches(minute, minutes % 60) && matches(hour, Math.floor(minutes / 60) % 24);
  };
}
