/** The demo rows as SQL text, for a tool that takes a file and no parameters. */
import type { DemoRow } from '../demo-rows/technician-booking.ts';

/**
 * One statement for each row. A row that is already as it should be is left alone, so that loading twice changes
 * nothing; a row that was changed or taken out of sale becomes the demo row again, under a new version, because an
 * order is only placed at the version it was priced by.
 */
export function demoSql(rows: readonly DemoRow[], nowMs: number): string {
  return rows
    .map(({ kind, id, body }) => {
      const values = [kind, id, JSON.stringify(body)].map(quote);
      return `INSERT INTO catalog_items (kind, id, body, created_at_ms, updated_at_ms)
VALUES (${values.join(', ')}, ${nowMs}, ${nowMs})
ON CONFLICT (kind, id) DO UPDATE SET
  body = excluded.body, version = version + 1, updated_at_ms = excluded.updated_at_ms, removed_at_ms = NULL
WHERE body <> excluded.body OR removed_at_ms IS NOT NULL;
`;
    })
    .join('');
}

/** A string literal. In SQLite a quote is the only character that has a meaning there, and NUL the only one that ends it. */
function quote(text: string): string {
  if (text.includes('\0')) throw new Error('a demo row holds a NUL character');
  return `'${text.replaceAll("'", "''")}'`;
}
