import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Who writes files. */
export interface Writer {
  /** What its temporary files are marked with: letters, digits and dots. */
  mark: string;
  /** Whether the writer of a mark has surely ended. */
  isGone: (mark: string) => boolean;
}

/** A writer that nothing is known of: its files are only told to be abandoned by their age. */
export const ANYBODY: Writer = { mark: 'anybody', isGone: () => false };

/** What nobody has written into for so long is waited for by nobody. */
const ABANDONED_AFTER_MS = 86_400_000;
/** A name after the prefix. */
const MARKED = /^([\w.]+)-[0-9a-f]{8}\.tmp$/;

/** A name beside `target` that nothing else has, and from which can be told whose it is and what it is to become. */
export function nameTemporary(target: string, { mark }: Writer): string {
  return join(dirname(target), `${prefixOf(target)}${mark}-${randomBytes(4).toString('hex')}.tmp`);
}

/**
 * Removes what writers of `target` left behind who were killed: those that are gone, or whose files are a day old.
 * What cannot be seen or removed stays.
 */
export async function removeAbandoned(target: string, writer: Writer): Promise<void> {
  const folder = dirname(target);
  const prefix = prefixOf(target);
  for (const name of await readdir(folder).catch(() => [])) {
    const mark = name.startsWith(prefix) ? MARKED.exec(name.slice(prefix.length))?.[1] : undefined;
    if (mark === undefined) continue;
    const path = join(folder, name);
    if (writer.isGone(mark) || (await isOld(path))) await rm(path, { force: true }).catch(() => undefined);
  }
}

/** The target's name as a part of another one, which is not too long for it. */
function prefixOf(target: string): string {
  const id = createHash('sha256').update(basename(target)).digest('hex').slice(0, 12);
  return `.chartctl-${id}-`;
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null); // it took its name meanwhile
  return found !== null && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS;
}
