import type { Trial } from './trial.js';

/** A trial and the test file that made it. */
export interface FileTrial extends Trial {
  file: string;
}

/** The table of all trials, in Markdown, as the README shows it: fault, how often, what was lost, and how to repeat it. */
export function formatTrials(trials: readonly FileTrial[]): string {
  const lines = [...trials]
    .sort((a, b) => a.file.localeCompare(b.file))
    .map(({ file, fault, tried, unit, lost, seed }) => {
      const repeat = `npm run test:long -- ${seed === undefined ? '' : `--seed ${seed} `}${file}`;
      return `| ${fault} | ${tried.toLocaleString('en')} ${unit} | ${lost === 0 ? 'nothing' : lost} | \`${repeat}\` |`;
    });
  return ['| fault | tried | lost | again |', '|---|---|---|---|', ...lines, ''].join('\n');
}
