/** What can be ordered: rows that operators keep and dialects describe. */

/** Names one catalogue row. */
export type CatalogRef = {
  /** `booking-services`, `technicians`, … */
  kind: string;
  id: string;
};

/** One catalogue row. */
export type CatalogItem = CatalogRef & {
  /** The fields of its kind, in camelCase, money in fen. */
  body: Readonly<Record<string, unknown>>;
  /** Grows with every change that an operator makes; what an order was priced by must still be the newest. */
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
};

/** A catalogue row with its fields checked by the schema of its kind. */
export type Priced<Body> = CatalogItem & { body: Body };

/** The personal fields of a row as they are to be, and the sealed text that they were changed from. */
export type ResealedItem = { sealed: string; was: string | null };

/** The catalogue as verbs use it. */
export type Catalog = {
  /**
   * The rows that exist, in no order. `warm` may answer from memory, and is only for writes that check the versions;
   * `fresh` asks the database.
   */
  read(refs: readonly CatalogRef[], from: 'warm' | 'fresh'): Promise<CatalogItem[]>;
  list(kind: string, page: { after: string | null; limit: number }): Promise<CatalogItem[]>;
  /**
   * Creates or replaces a row. Fields that are left out keep their value. What is personal of it replaces what was
   * sealed before. Nothing was written where that was not what is sealed now (`null`), and where another row has what
   * only one row of the kind may have (`taken`).
   */
  put(
    ref: CatalogRef,
    body: Record<string, unknown>,
    nowMs: number,
    personal: ResealedItem | null,
  ): Promise<CatalogItem | 'taken' | null>;
  /** Writes an empty row where there is none, or none any more. */
  ensure(ref: CatalogRef, nowMs: number): Promise<void>;
  /** Takes a row out of sale, and what is personal of it away; orders that name it still show it. `false`: there was none. */
  remove(ref: CatalogRef, nowMs: number): Promise<boolean>;
};

/** One text for one row. */
export function refKey(ref: CatalogRef): string {
  return `${ref.kind}/${ref.id}`;
}

/** The name of the row that keeps what is personal of a catalogue row. */
export function itemRow(ref: CatalogRef): string {
  return `catalog/${refKey(ref)}`;
}
