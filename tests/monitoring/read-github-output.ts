/** The outputs in a file as GitHub's runner reads them: `name=value`, or `name<<WORD`, lines, `WORD`. */
export function readGithubOutput(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  while (lines.length > 0) {
    const line = lines.shift()!;
    const [, name, sign, rest] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`this line is not an output: ${line}`);
    if (sign === '=') outputs[name] = rest!;
    else outputs[name] = takeUntil(lines, rest!);
  }
  return outputs;
}

function takeUntil(lines: string[], word: string): string {
  const end = lines.indexOf(word);
  if (end === -1) throw new Error(`${word} does not occur again`);
  return lines
    .splice(0, end + 1)
    .slice(0, -1)
    .join('\n');
}
