import type { Environment } from '../core/io.js';
import { findNearestWord } from './nearest-word.js';
import { ENVIRONMENT_ONLY, SETTINGS } from './settings.js';

const PREFIX = 'CHARTCTL_';

/** Variables that are not settings: the path of the configuration file, and those that a training program receives. */
const OTHER_VARIABLES = ['CHARTCTL_CONFIG', 'CHARTCTL_DUE_SYMBOLS', 'CHARTCTL_REASONS', 'CHARTCTL_JOB_ID'];

/** The variables of the configuration. */
const CONFIGURING: readonly string[] = [
  ...SETTINGS.map(({ variable }) => variable),
  ...ENVIRONMENT_ONLY.map(({ variable }) => variable),
  'CHARTCTL_CONFIG',
];

/** What Kubernetes sets in every container for a service of the name "chartctl". */
const OF_KUBERNETES = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?$/;

/** A variable with the prefix of this program that it does not know. */
interface UnknownVariable {
  variable: string;
  /** The known variable that was probably meant. */
  nearest: string | undefined;
}

/** The variables that seem to configure this program and do not. */
export function findUnknownVariables(environment: Environment): UnknownVariable[] {
  const known = new Set([...CONFIGURING, ...OTHER_VARIABLES]);
  const given = Object.keys(environment).filter((name) => name.toUpperCase().startsWith(PREFIX));
  const unknown = given.filter((name) => !known.has(name) && !OF_KUBERNETES.test(name));
  return unknown.sort().map((variable) => ({ variable, nearest: findNearest(variable) }));
}

/** Compares what follows the prefix, which all have. */
function findNearest(variable: string): string | undefined {
  const ends = CONFIGURING.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  const nearest = findNearestWord(variable.slice(PREFIX.length), ends);
  return nearest === undefined ? undefined : `${PREFIX}${nearest}`;
}
