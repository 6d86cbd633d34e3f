/** The values of an exposition by name and labels as written. */
export type Series = Map<string, number>;

interface Family {
  hasHelp: boolean;
  type: string | undefined;
  isClosed: boolean;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\\\\\|\\\\n)*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
const LABELS = /(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)*/.source;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABELS})\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]\\d+)?|NaN|[+-]Inf)$`);

/**
 * Reads Prometheus' text format (0.0.4) and refuses what the format or its conventions forbid: a metric without HELP and
 * TYPE before its samples, either of them twice, samples of one metric apart, a series twice, an unknown escape.
 *
 * @throws Error that quotes the line
 */
export function readExposition(text: string): Series {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Family>();
  const series: Series = new Map();
  let current: string | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const refuse = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const [, name = refuse('no line of the format')] = HELP.exec(line) ?? TYPE.exec(line) ?? SAMPLE.exec(line) ?? [];
    const family = families.get(name) ?? { hasHelp: false, type: undefined, isClosed: false };
    families.set(name, family);
    if (current !== name && current !== undefined) families.get(current)!.isClosed = true;
    current = name;
    if (family.isClosed) refuse('the samples of the metric are not together');
    const type = TYPE.exec(line)?.[2];
    if (line.startsWith('# HELP')) {
      if (family.hasHelp || family.type) refuse('HELP comes once and first');
      family.hasHelp = true;
    } else if (type) {
      if (family.type || !family.hasHelp) refuse('TYPE comes once, after HELP');
      family.type = type;
    } else {
      if (!family.type) refuse('a sample before its TYPE');
      const [, , labels = '', value] = SAMPLE.exec(line)!;
      const key = `${name}{${labels}}`;
      if (series.has(key)) refuse('the series is there twice');
      series.set(key, Number(value));
    }
  }
  return series;
}
