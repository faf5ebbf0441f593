/** Runs `task` for every item, at most `width` at a time, in order; the results stand where their items stood. */
export async function inLanes<Item, Result>(
  items: readonly Item[],
  width: number,
  task: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = new Array(items.length);
  const entries = items.entries();
  const lane = async () => {
    for (const [i, item] of entries) results[i] = await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}
