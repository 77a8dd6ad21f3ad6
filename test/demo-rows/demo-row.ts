/** A catalogue row to load: the fields that stand in it, and those that are kept sealed. */
import { type CatalogRef, itemRow } from '../../src/core/catalog/catalog.ts';
import type { Sealed } from '../../src/core/personal/personal-store.ts';
import type { Vault } from '../../src/core/vault.ts';
import { dialects } from '../../src/dialects/index.ts';

/** One row, with all its fields as an operator would send them. */
export type DemoRow = CatalogRef & { body: Record<string, unknown> };

const kinds = new Map(dialects.flatMap(({ catalog }) => Object.entries(catalog)));

/** The fields of a row that are about nobody. */
export function plainFields(row: DemoRow): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row.body).filter(([field]) => !isPersonal(row, field)));
}

/** What is personal in the rows, as it is stored. */
export async function sealRows(rows: readonly DemoRow[], vault: Pick<Vault, 'seal'>): Promise<Sealed[]> {
  const texts = rows.map(async (demo) => {
    const fields = Object.entries(demo.body).filter(([field]) => isPersonal(demo, field));
    const row = itemRow(demo);
    const text = JSON.stringify(Object.fromEntries(fields));
    return fields.length === 0 ? [] : [{ row, sealed: await vault.seal(text, row) }];
  });
  return (await Promise.all(texts)).flat();
}

function isPersonal({ kind }: CatalogRef, field: string): boolean {
  return kinds.get(kind)?.personal?.includes(field) === true;
}
