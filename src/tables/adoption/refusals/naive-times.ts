import { formatMinute } from '../../../core/minute.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { isUtc, type NaiveTimes } from '../naive-times.js';
import type { Refusal } from '../refusal.js';

/** Refuses times without a zone that cannot have been written in the zone in which they would be taken. */
export function refuseNaiveTimes(times: NaiveTimes | null): Refusal[] {
  if (!times) return [];
  const { name, zone, isGiven, newest, future, skipped, suggestion } = times;
  if (!isGiven && future > 0) {
    return [
      {
        problem:
          `${future} rows would lie in the future, the newest at ${formatMinute(newest!.getTime())}, if ${name}, ` +
          'a timestamp without time zone, were taken as UTC: it holds the local times of another zone',
        remedy:
          '-- chartctl migrate --naive-timezone ZONE names the zone in which the times were written, such as Europe/Berlin' +
          '; UTC if they are UTC and these rows are wrong',
        option: `--naive-timezone ${suggestion ?? 'ZONE'}`,
      },
    ];
  }
  if (isUtc(zone) || skipped.count === 0) return [];
  const isSkipped = `(${name} AT TIME ZONE '${zone}') AT TIME ZONE '${zone}' <> ${name}`;
  return [
    {
      problem:
        `${skipped.count} rows of ${name} do not exist in ${zone}, the first at ${skipped.first}: ` +
        'the clocks skip that hour, so the times were written in another zone',
      remedy:
        '-- chartctl migrate --naive-timezone names the zone in which they were written; if only these rows are wrong, copy and delete those' +
        `\n-- of ${CHART_TABLE} WHERE ${isSkipped}`,
    },
  ];
}
