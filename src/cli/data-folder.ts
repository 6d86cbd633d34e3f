import { homedir, platform as currentPlatform } from 'node:os';
import { posix, win32 } from 'node:path';
import type { Environment } from '../core/config.js';

/** Where this platform keeps a program's data of one user; the embedded database lives there. */
export function dataFolder(environment: Environment, platform: NodeJS.Platform = currentPlatform()): string {
  if (platform === 'win32') {
    const home = environment.USERPROFILE || homedir();
    return win32.join(environment.LOCALAPPDATA || win32.join(home, 'AppData', 'Local'), 'chartctl');
  }
  const home = environment.HOME || homedir();
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'chartctl');
  const { XDG_DATA_HOME: dataHome = '' } = environment;
  return posix.join(posix.isAbsolute(dataHome) ? dataHome : posix.join(home, '.local', 'share'), 'chartctl');
}
