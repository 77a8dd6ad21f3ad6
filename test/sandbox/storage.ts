/** Where the sandbox keeps things: tables of plain values, read and written at once, without waiting. */

/**
 * The storage port. It is synchronous so that a gateway can check and record in one go, with nothing in between. What
 * comes out is `unknown`: whoever put it there parses it.
 */
export type SandboxStorage = {
  get(table: string, key: string): unknown;
  put(table: string, key: string, value: object | string | number | boolean): void;
  delete(table: string, key: string): void;
  /** All values of a table, in the order of their keys. */
  list(table: string): unknown[];
};

/** The next number of a named series: 1, 2, 3 …, for everything that needs an order. */
export function nextNumber(storage: SandboxStorage, series: string): number {
  const last = storage.get('series', series);
  const next = (typeof last === 'number' ? last : 0) + 1;
  storage.put('series', series, next);
  return next;
}

/** A number as a key whose text order is its numeric order. */
export function sortableKey(position: number): string {
  return String(position).padStart(12, '0');
}
