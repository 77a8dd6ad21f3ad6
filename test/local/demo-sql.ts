/** The demo rows as SQL text, for a tool that takes a file and no parameters. */
import type { Sealed } from '../../src/core/personal/personal-store.ts';
import { keyIdOf } from '../../src/core/vault.ts';
import { type DemoRow, plainFields } from '../demo-rows/demo-row.ts';

/**
 * One statement for each row. A row that is already as it should be is left alone, so that loading twice changes
 * nothing; a row that was changed or taken out of sale becomes the demo row again, under a new version, because an
 * order is only placed at the version it was priced by. A sealed text is always written anew: nobody can see whether it
 * says the same.
 */
export function demoSql(rows: readonly DemoRow[], sealed: readonly Sealed[], nowMs: number): string {
  return itemsSql(rows, nowMs) + sealedSql(sealed);
}

function sealedSql(texts: readonly Sealed[]): string {
  return texts
    .map(({ row, sealed }) => {
      const values = [row, keyIdOf(sealed), sealed].map(quote);
      return `INSERT INTO personal_data (row_name, key_id, sealed) VALUES (${values.join(', ')})
ON CONFLICT (row_name) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed;
`;
    })
    .join('');
}

function itemsSql(rows: readonly DemoRow[], nowMs: number): string {
  return rows
    .map((row) => {
      const values = [row.kind, row.id, JSON.stringify(plainFields(row))].map(quote);
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
