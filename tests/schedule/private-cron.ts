import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../harness/find-program.js';

/**
 * Puts folders of the test's in the place of the machine's in a view of the file system that only cron has: it sees
 * the one crontab, no other cron knows of it, and nothing of the machine is changed. It ends when standard input
 * closes, which also happens when the test dies in whatever way.
 */
const SERVE = `
set -e
folder=$1
mount --bind "$folder/cron.d" /etc/cron.d
mount --bind "$folder/spool" /var/spool/cron
mount --bind "$folder/crontab" /etc/crontab
mount --bind "$folder/run" /run
cron -f &
cron=$!
cat >/dev/null
kill $cron
wait $cron || true
`;

const START_MS = 500;

/** Why cron cannot be run by a test here; undefined where it can. */
export function cronSkipReason(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can run cron';
  if (!findProgram('cron')) return 'no cron here: apt install cron';
  const attempt = spawnSync('unshare', ['--mount', 'mount', '--bind', '/tmp', '/mnt'], { encoding: 'utf8' });
  return attempt.status === 0 ? undefined : `no file system view of its own is allowed here: ${attempt.stderr.trim()}`;
}

/** Runs Debian's cron with this file as the only one in its /etc/cron.d, until it is stopped. */
export async function startCron(folder: string, crontab: string): Promise<{ stop: () => Promise<void> }> {
  for (const name of ['cron.d', 'spool/crontabs', 'run']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'crontab'), '');
  writeFileSync(join(folder, 'cron.d', 'chartctl'), crontab, { mode: 0o644 });
  const cron = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', SERVE, 'sh', folder], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let errors = '';
  cron.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const ended = new Promise<void>((resolve) => cron.once('exit', () => resolve()));
  await Promise.race([ended, sleep(START_MS)]);
  if (cron.exitCode !== null) throw new Error(`cron ended with ${cron.exitCode}: ${errors}`);
  return {
    stop: () => {
      cron.stdin.end();
      return ended;
    },
  };
}
