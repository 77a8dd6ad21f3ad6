/** The storage port over a Durable Object, for the running sandbox: what happened yesterday is still there today. */
import type { SandboxStorage } from './storage.ts';

/** Keeps every table in the object's own key-value store, which is synchronous too. */
export function createDurableStorage(kv: SyncKvStorage): SandboxStorage {
  return {
    get: (table, key) => kv.get(`${table}/${key}`),
    put: (table, key, value) => kv.put(`${table}/${key}`, value),
    delete: (table, key) => void kv.delete(`${table}/${key}`),
    list: (table) => Array.from(kv.list({ prefix: `${table}/` }), ([, value]) => value),
  };
}
