/** The catalogue in D1, with this isolate's memory in front of it. */

import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm';
import { type Catalog, type CatalogItem, type CatalogRef, itemRow, refKey } from '../core/catalog/catalog.ts';
import type { Database } from './open-database.ts';
import { keepSealedIf } from './personal-store.ts';
import { catalogItems, personalData } from './schema.ts';
import { isGuardRefusal, storageText } from './storage-error.ts';
import { itemColumns } from './view-orders.ts';

/** What this isolate has read. Safe to be behind: an order is written only if each row is still at its version. */
export type CatalogMemory = Map<string, CatalogItem>;

/** How many rows are remembered; past that the oldest are forgotten. */
const MAX_REMEMBERED = 1000;

/** The catalogue over one session. */
export function createCatalog(db: Database, memory: CatalogMemory): Catalog {
  return {
    read: async (refs, from) => {
      if (refs.length === 0) return [];
      const remembered = from === 'warm' ? refs.map((ref) => memory.get(refKey(ref))) : [];
      const known = remembered.filter((item) => item !== undefined);
      if (known.length === refs.length) return known;
      const items = await readItems(db, refs);
      for (const ref of refs) memory.delete(refKey(ref));
      for (const item of items) memory.set(refKey(item), item);
      for (const key of [...memory.keys()].slice(0, Math.max(0, memory.size - MAX_REMEMBERED))) memory.delete(key);
      return items;
    },
    list: (kind, { after, limit }) =>
      db
        .select(itemColumns)
        .from(catalogItems)
        .where(
          and(
            eq(catalogItems.kind, kind),
            isNull(catalogItems.removedAtMs),
            after === null ? undefined : gt(catalogItems.id, after),
          ),
        )
        .orderBy(asc(catalogItems.id))
        .limit(limit),
    put: async (ref, body, nowMs, personal) => {
      const write = db
        .insert(catalogItems)
        .values({ ...ref, body, createdAtMs: nowMs, updatedAtMs: nowMs })
        .onConflictDoUpdate({
          target: [catalogItems.kind, catalogItems.id],
          set: {
            body: sql`json_patch(${catalogItems.body}, excluded.body)`,
            version: sql`${catalogItems.version} + 1`,
            updatedAtMs: nowMs,
            removedAtMs: null,
          },
        })
        .returning(itemColumns);
      const seal = personal && keepSealedIf(db, { row: itemRow(ref), sealed: personal.sealed }, personal.was);
      try {
        const [[item]] = seal ? await db.batch([write, seal]) : [await write];
        memory.delete(refKey(ref));
        return item ?? null;
      } catch (error) {
        if (isTaken(error)) return 'taken';
        if (isGuardRefusal(error)) return null;
        throw error;
      }
    },
    ensure: async (ref, nowMs) => {
      await ensureItem(db, ref, nowMs);
      memory.delete(refKey(ref));
    },
    remove: async (ref, nowMs) => {
      const remove = db
        .update(catalogItems)
        .set({ removedAtMs: nowMs, updatedAtMs: nowMs, version: sql`${catalogItems.version} + 1` })
        .where(and(eq(catalogItems.kind, ref.kind), eq(catalogItems.id, ref.id), isNull(catalogItems.removedAtMs)));
      const [{ meta }] = await db.batch([remove, db.delete(personalData).where(eq(personalData.row, itemRow(ref)))]);
      memory.delete(refKey(ref));
      return meta.changes === 1;
    },
  };
}

/** An empty row where there is none; one that was removed comes back as it began. */
async function ensureItem(db: Database, ref: CatalogRef, nowMs: number): Promise<void> {
  await db
    .insert(catalogItems)
    .values({ ...ref, body: {}, createdAtMs: nowMs, updatedAtMs: nowMs })
    .onConflictDoUpdate({
      target: [catalogItems.kind, catalogItems.id],
      set: { body: {}, version: sql`${catalogItems.version} + 1`, updatedAtMs: nowMs, removedAtMs: null },
      setWhere: sql`${catalogItems.removedAtMs} IS NOT NULL`,
    });
}

/** Whether the row would have what another one has. An index over a part of a row is named by the database. */
function isTaken(error: unknown): boolean {
  return storageText(error).includes("index 'coupons_by_code'");
}

function readItems(db: Database, refs: readonly CatalogRef[]): Promise<CatalogItem[]> {
  return db
    .select(itemColumns)
    .from(catalogItems)
    .where(
      sql`(${catalogItems.kind}, ${catalogItems.id}) IN (
        SELECT json_extract(ref.value, '$.kind'), json_extract(ref.value, '$.id')
          FROM json_each(${JSON.stringify(refs.map(({ kind, id }) => ({ kind, id })))}) AS ref)
        AND ${catalogItems.removedAtMs} IS NULL`,
    );
}
