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
