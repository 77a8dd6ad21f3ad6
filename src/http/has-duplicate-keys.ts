/** Tells whether a JSON text names a key twice in one object, which parsing hides by keeping the last. */

/** A string of a well-formed JSON text. The loop is unrolled, so that a long string costs one pass. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

/**
 * Compares the keys that were written with the keys that are left. `text` must be well-formed and `value` what
 * `JSON.parse` made of it: outside of strings such a text has exactly one colon for each key, and parsing has already
 * decided which keys are the same, escapes and all.
 */
export function hasDuplicateKeys(text: string, value: unknown): boolean {
  const written = text.replaceAll(STRING, '').split(':').length - 1;
  return written > countKeys(value);
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const below = Object.values(value).reduce((sum: number, one) => sum + countKeys(one), 0);
  return Array.isArray(value) ? below : below + Object.keys(value).length;
}
