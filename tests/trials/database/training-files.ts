import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a folder by their names. */
export type TrainingFiles = Readonly<Record<string, string>>;

const MANIFEST = '.datapackage.json';

export function readTrainingFiles(folder: string): TrainingFiles {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** What an export that was cut short must not leave: a part of a file, a file that its manifest does not describe. */
export function findHalves(files: TrainingFiles): string[] {
  return Object.keys(files).flatMap((name) => {
    if (name.endsWith('.tmp')) return [`the temporary file ${name} was left behind`];
    if (name.endsWith(MANIFEST)) return [];
    const manifest = files[`${name}${MANIFEST}`];
    if (manifest === undefined) return [`${name} has no manifest`];
    return manifest.includes(createHash('sha256').update(files[name]!).digest('hex'))
      ? []
      : [`${name} is not what its manifest describes`];
  });
}

/** What is not as expected; of a manifest only that it is there, for it holds the time and the job's number. */
export function findFileLosses(found: TrainingFiles, expected: TrainingFiles): string[] {
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
  const differ = names.filter((name) =>
    name.endsWith(MANIFEST)
      ? (found[name] === undefined) !== (expected[name] === undefined)
      : found[name] !== expected[name],
  );
  return [...findHalves(found), ...differ.map((name) => `the file ${name} differs`)];
}
