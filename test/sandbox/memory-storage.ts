/** The storage port in memory, for tests. */
import type { SandboxStorage } from './storage.ts';

/** An empty storage. Values are copied on the way in and out, as a real storage would. */
export function createMemoryStorage(): SandboxStorage {
  const tables = new Map<string, Map<string, unknown>>();
  function table(name: string): Map<string, unknown> {
    const found = tables.get(name) ?? new Map<string, unknown>();
    tables.set(name, found);
    return found;
  }
  return {
    get: (name, key) => structuredClone(table(name).get(key)),
    put: (name, key, value) => void table(name).set(key, structuredClone(value)),
    delete: (name, key) => void table(name).delete(key),
    list: (name) =>
      [...table(name)]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([, value]: [string, unknown]) => structuredClone(value)),
  };
}
