/** Reads one page of a list, and where the next one begins. */

/** A page as every list of the operator API shows it. `nextCursor` is `null` on the last one. */
export type Page<Item> = { items: Item[]; nextCursor: string | null };

/**
 * The rows as `read` gives them, at most `limit`. One row more is read, so that a last page is known to be the last.
 * The cursor is the id of the last row shown: rows that come or go between two pages are neither doubled nor skipped.
 */
export async function readPage<Row extends { id: number | string }, Item>(
  limit: number,
  read: (limit: number) => Promise<readonly Row[]>,
  render: (row: Row) => Item,
): Promise<Page<Item>> {
  const rows = await read(limit + 1);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map((row) => render(row)),
    nextCursor: last && rows.length > limit ? String(last.id) : null,
  };
}
