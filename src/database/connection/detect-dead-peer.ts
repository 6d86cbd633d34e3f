import type { Socket } from 'node:net';
import { ConnectionError } from './connection-error.js';

/**
 * What is found out about a connection that is silent: the server works on the statement; it waits for us, does not
 * know the connection or cannot be reached; it can be reached, and more is not known.
 */
export type PeerState = 'works' | 'lost' | 'unknown';

/** How a connection is watched. */
export interface DeadPeerOptions {
  /** How long nothing may go either way before somebody asks. */
  probeAfterMs: number;
  /** Whether the server owes an answer. */
  isAnswerPending: () => boolean;
  /** Asks over another connection. */
  probe: () => Promise<PeerState>;
  onLost: (error: ConnectionError) => void;
}

const CHECKS_PER_DELAY = 4;
/** Found so often, one time after the other: the answer may just have been on its way. */
const LOST_AFTER = 2;
const UNKNOWN_AFTER = 100;

/**
 * Finds out that an answer of the server's will never come, as when the network fails without a word: the system alone
 * would wait for a quarter of an hour, or for ever where a proxy stands in between.
 *
 * A statement may take as long as it needs, for while nothing comes it is asked over another connection whether the
 * server works on it.
 *
 * @returns ends the watch
 */
export function detectDeadPeer(
  socket: Socket,
  { probeAfterMs, isAnswerPending, probe, onLost }: DeadPeerOptions,
): () => void {
  let passed = 0;
  let quietSince = performance.now();
  let isAsking = false;
  let found: PeerState[] = [];

  const isQuiet = () => isAnswerPending() && passed === (passed = socket.bytesRead + socket.bytesWritten);
  const startAnew = () => {
    quietSince = performance.now();
    found = [];
  };
  const look = async () => {
    if (isAsking) return;
    if (!isQuiet()) return startAnew();
    if (performance.now() - quietSince < probeAfterMs) return;
    isAsking = true;
    const silence = await probe();
    isAsking = false;
    if (!isQuiet() || silence === 'works') return startAnew();
    found = [...found.filter((before) => before === silence), silence];
    if (found.length < (silence === 'lost' ? LOST_AFTER : UNKNOWN_AFTER)) return;
    clearInterval(timer);
    const seconds = Math.round((performance.now() - quietSince) / 1000);
    onLost(new ConnectionError(`nothing came for ${seconds} s`, 'ETIMEDOUT'));
  };
  const timer = setInterval(() => void look(), probeAfterMs / CHECKS_PER_DELAY).unref();
  return () => clearInterval(timer);
}
