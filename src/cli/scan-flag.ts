/**
 * The value of a flag in a command line that was not understood as a whole: `--flag value` or `--flag=value`, the last
 * one if it is repeated.
 */
export function scanFlag(argv: readonly string[], flag: string): string | undefined {
  const place = argv.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const word = argv[place];
  return word === flag ? argv[place + 1] : word?.slice(flag.length + 1);
}
