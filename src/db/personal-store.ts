/** Sealed texts in D1: one table, each row under the name that it is bound to. */

import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Sealed, PersonalStore } from '../core/personal/personal-store.ts';
import { keyIdOf } from '../core/vault.ts';
import type { Database } from './open-database.ts';
import { personalData } from './schema.ts';

/** The columns of a sealed text as the core knows it. */
export const sealedColumns = { row: personalData.row, sealed: personalData.sealed };

/** The store over one session. */
export function createPersonalStore(db: Database): PersonalStore {
  return {
    read: (rows) =>
      db
        .select(sealedColumns)
        .from(personalData)
        .where(sql`${personalData.row} IN (SELECT value FROM json_each(${JSON.stringify(rows)}))`),
    sealedWith: (keyId, after, limit) =>
      db
        .select(sealedColumns)
        .from(personalData)
        .where(and(eq(personalData.keyId, keyId), gt(personalData.row, after)))
        .orderBy(asc(personalData.row))
        .limit(limit),
    replace: async ({ row, sealed: was }, sealed) => {
      await db
        .update(personalData)
        .set({ sealed, keyId: keyIdOf(sealed) })
        .where(and(eq(personalData.row, row), eq(personalData.sealed, was)));
    },
  };
}

/** The statement that keeps a text, in place of what the row held. */
export function keepSealed(db: Database, { row, sealed }: Sealed) {
  const kept = { sealed, keyId: keyIdOf(sealed) };
  return db
    .insert(personalData)
    .values({ row, ...kept })
    .onConflictDoUpdate({ target: personalData.row, set: kept });
}

/**
 * The statement that keeps a text if the row still holds what it was made from, or still nothing. Otherwise it breaks
 * the rule that no text is missing, and the batch that it is part of falls.
 */
export function keepSealedIf(db: Database, { row, sealed }: Sealed, was: string | null) {
  const held = sql`(SELECT held.sealed FROM personal_data held WHERE held.row_name = ${row})`;
  const keyId = keyIdOf(sealed);
  return db
    .insert(personalData)
    .values({ row, keyId, sealed: sql`CASE WHEN ${held} IS ${was} THEN ${sealed} END` })
    .onConflictDoUpdate({ target: personalData.row, set: { keyId, sealed: sql`excluded.sealed` } });
}
