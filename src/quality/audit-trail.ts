/** A record of the audit log: the row before a change. */
interface AuditEvent<Image> {
  time: string;
  before: Image | null;
}

/** The event with the row as it was afterwards; null for none. */
export type Transition<Event, Image> = Event & { after: Image | null };

/**
 * Adds the row after each event: the row before the next event of its minute, or the stored row.
 *
 * @param events of one symbol, oldest first
 * @param current the stored rows, by time
 */
export function toTransitions<Image, Event extends AuditEvent<Image>>(
  events: readonly Event[],
  current: ReadonlyMap<string, Image>,
): Transition<Event, Image>[] {
  const next = new Map<string, Image | null>();
  const transitions = [...events].reverse().map((event) => {
    const found = next.get(event.time);
    const after = found === undefined ? (current.get(event.time) ?? null) : found;
    next.set(event.time, event.before);
    return { ...event, after };
  });
  return transitions.reverse();
}

/**
 * The undos that are still in effect: the undone job's number, and the job that undid it.
 *
 * An undo that was itself undone is not in effect: it restored the first job's effect. The newest are therefore
 * examined first.
 *
 * @param undos in any order
 */
export function findLiveUndos(undos: readonly { id: number; undoes: number }[]): Map<number, number> {
  const live = new Map<number, number>();
  for (const { id, undoes } of [...undos].sort((a, b) => b.id - a.id)) if (!live.has(id)) live.set(undoes, id);
  return live;
}
