/** The demo rows as SQL text, for a tool that takes a file and no parameters. */
import type { Sealed } from '../../src/core/personal/personal-store.ts';
import { keyIdOf } from '../../src/core/vault.ts';
import { balanceSql, type DemoBalance } from '../demo-rows/demo-balance.ts';
import { type DemoRow, plainFields } from '../demo-rows/demo-row.ts';
import { sqlText } from '../demo-rows/sql-text.ts';

/**
 * One statement for each row. A row that is already as it should be is left alone, so that loading twice changes
 * nothing; a row that was changed or taken out of sale becomes the demo row again, under a new version, because an
 * order is only placed at the version it was priced by. A sealed text is always written anew: nobody can see whether it
 * says the same. A balance that has changed becomes the demo's again by one more row of its ledger.
 */
export function demoSql(
  rows: readonly DemoRow[],
  { sealed, balances }: { sealed: readonly Sealed[]; balances: readonly DemoBalance[] },
  nowMs: number,
): string {
  return itemsSql(rows, nowMs) + sealedSql(sealed) + balances.map((one) => `${balanceSql(one, nowMs)};\n`).join('');
}

function sealedSql(texts: readonly Sealed[]): string {
  return texts
    .map(({ row, sealed }) => {
      const values = [row, keyIdOf(sealed), sealed].map(sqlText);
      return `INSERT INTO personal_data (row_name, key_id, sealed) VALUES (${values.join(', ')})
ON CONFLICT (row_name) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed;
`;
    })
    .join('');
}

function itemsSql(rows: readonly DemoRow[], nowMs: number): string {
  return rows
    .map((row) => {
      const values = [row.kind, row.id, JSON.stringify(plainFields(row))].map(sqlText);
      return `INSERT INTO catalog_items (kind, id, body, created_at_ms, updated_at_ms)
VALUES (${values.join(', ')}, ${nowMs}, ${nowMs})
ON CONFLICT (kind, id) DO UPDATE SET
  body = excluded.body, version = version + 1, updated_at_ms = excluded.updated_at_ms, removed_at_ms = NULL
WHERE body <> excluded.body OR removed_at_ms IS NOT NULL;
`;
    })
    .join('');
}
