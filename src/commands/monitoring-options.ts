import type { Flags } from '../cli/flags.js';
import { Failure } from '../core/failure.js';
import type { OptionText } from './job-command.js';

export const METRICS_OPTIONS: readonly OptionText[] = [
  ['--metrics-file <file>', "rewrite this .prom file at the end, for Prometheus' textfile collector"],
];

export const PING_OPTIONS: readonly OptionText[] = [
  ['--ping-url <url>', 'tell a monitor: URL/start when the job begins, URL/<exit code> when it ends'],
];

/** Who watches a run from outside. */
export interface Watchers {
  metricsFile: string | undefined;
  pingUrl: string | undefined;
}

/** Reads who is to be told of a run. A wrong address is a problem of the call; one that does not answer never is. */
export function readWatchers(flags: Flags): Watchers {
  return {
    metricsFile: flags.parse('--metrics-file', parseMetricsFile),
    pingUrl: flags.parse('--ping-url', parsePingUrl),
  };
}

function parseMetricsFile(path: string): string {
  if (path.endsWith('.prom')) return path;
  throw new Failure('usage', `--metrics-file was "${path}"`, {
    hint: 'expected a name that ends in .prom: the textfile collector reads no others',
  });
}

/** @throws Failure (usage) that does not show the address: whoever knows it may ping */
function parsePingUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new Failure('usage', '--ping-url was not understood', {
    hint: 'expected a URL that begins with https:// or http://',
  });
}
