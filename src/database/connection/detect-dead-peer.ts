import type { Socket } from 'node:net';
import { ConnectionError } from './connection-error.js';

/**
 * What a probe finds out about a connection on which nothing arrives. `active`: the server works on the statement.
 * `lost`: the server waits for its client, does not know the connection or cannot be reached. `unknown`: the server can
 * be reached, but does not tell.
 */
export type PeerState = 'active' | 'lost' | 'unknown';

interface DeadPeerOptions {
  /** How long no byte may pass in either direction before the peer is probed. */
  probeAfterMs: number;
  /** Whether the server owes an answer. */
  isAnswerPending: () => boolean;
  /** Asks over another connection. */
  probe: () => Promise<PeerState>;
  onLost: (error: ConnectionError) => void;
}

const CHECKS_PER_DELAY = 4;
/** Equal results in a row, after which the connection is given up: an answer may arrive during the first probe. */
const MAX_LOST = 2;
const MAX_UNKNOWN = 100;

/**
 * Detects that an answer of the server will never arrive, as after a network failure: the operating system alone waits
 * for 15 minutes, or forever where a proxy is in between.
 *
 * A statement may take as long as it needs: while the server works on it, the probe says so.
 *
 * @returns stops the detection
 */
export function detectDeadPeer(
  socket: Socket,
  { probeAfterMs, isAnswerPending, probe, onLost }: DeadPeerOptions,
): () => void {
  let passedBytes = 0;
  let quietSince = performance.now();
  let isProbing = false;
  let states: PeerState[] = [];

  const isQuiet = () => {
    const before = passedBytes;
    passedBytes = socket.bytesRead + socket.bytesWritten;
    return isAnswerPending() && passedBytes === before;
  };
  const reset = () => {
    quietSince = performance.now();
    states = [];
  };
  const check = async () => {
    if (isProbing) return;
    if (!isQuiet()) return reset();
    if (performance.now() - quietSince < probeAfterMs) return;
    isProbing = true;
    const state = await probe();
    isProbing = false;
    if (!isQuiet() || state === 'active') return reset();
    states = [...states.filter((earlier) => earlier === state), state];
    if (states.length < (state === 'lost' ? MAX_LOST : MAX_UNKNOWN)) return;
    clearInterval(timer);
    const seconds = Math.round((performance.now() - quietSince) / 1000);
    onLost(new ConnectionError(`nothing arrived for ${seconds} s`, 'ETIMEDOUT'));
  };
  const timer = setInterval(() => void check(), probeAfterMs / CHECKS_PER_DELAY).unref();
  return () => clearInterval(timer);
}
