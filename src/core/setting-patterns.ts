/** What texts of the configuration may be, as JSON Schema says it: regular expressions with the flag `u`. */

/** Absolute, http or https; whether there can be such a host and port is left to the parser of URLs. */
export const URL_PATTERN =
  "^https?://([!$&'()*+,;=%A-Za-z0-9._~:-]*@)?([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?([/?#][!-~]*)?$";

/** What an operating system takes for a path. */
export const PATH_PATTERN = '^(?!\\s*$)[^\\u0000]+$';

/** Prometheus' textfile collector reads no other files. */
export const METRICS_PATTERN = '^[^\\u0000]*\\.prom$';

/** Some words of which no quote is left open, as `splitCommand` in `src/cli` takes them apart. */
export const COMMAND_PATTERN =
  '^(?!\\s*$)([^"\'\\\\\\u0000]|\\\\([^\\u0000]|$)|"([^"\\\\\\u0000]|\\\\[^\\u0000])*"|\'[^\'\\u0000]*\')+$';

/** An argument of a program. */
export const ARGUMENT_PATTERN = '^[^\\u0000]*$';

/** Days, hours, minutes and seconds, in this order. */
export const DURATION_PATTERN = '^(?=[0-9])([0-9]{1,9}[dD])?([0-9]{1,9}[hH])?([0-9]{1,9}[mM])?([0-9]{1,9}[sS])?$';

export const SYMBOL_PATTERN = '^[A-Za-z0-9._-]{1,20}$';
