/** A record of the audit: how a row stood before something happened to it. */
export interface AuditEvent<Image> {
  time: string;
  before: Image | null;
}

/** The event with the row as it was afterwards; null for none. */
export type Transition<Event, Image> = Event & { after: Image | null };

/**
 * What each event made of its row: what the next one found, or what stands there now. The audit alone gives every
 * earlier state.
 *
 * @param events of one symbol, oldest first
 * @param current the rows as they stand, by time
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
 * The undos whose effect still stands: the undone job's number, and the job that undid it.
 *
 * An undo that was itself undone does not stand: it brought the first job's effect back. So the newest is looked at
 * first. A standing undo and its job together leave no trace in the table.
 *
 * @param undos in any order
 */
export function findLiveUndos(undos: readonly { id: number; undoes: number }[]): Map<number, number> {
  const live = new Map<number, number>();
  for (const { id, undoes } of [...undos].sort((a, b) => b.id - a.id)) if (!live.has(id)) live.set(undoes, id);
  return live;
}
