/** Reads the header that makes a double click one order. */

import type { Context } from 'hono';
import { accept, refuse, type Result } from '../core/errors.ts';
import type { IdempotencyKey } from '../core/order/order-store.ts';
import type { AppEnv } from './app-env.ts';

/** The header's name, and the field that a malformed one is refused by. */
export const IDEMPOTENCY_HEADER = 'Idempotency-Key';

/** The key with what it is scoped to, or `null` without the header. Refuses `invalid_input`. */
export async function readIdempotencyKey(c: Context<AppEnv>, route: string): Promise<Result<IdempotencyKey | null>> {
  const key = c.req.header(IDEMPOTENCY_HEADER);
  if (key === undefined) return accept(null);
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    return refuse('invalid_input', { field: IDEMPOTENCY_HEADER, message: '必须是 1 到 255 个可打印 ASCII 字符' });
  }
  const digest = await crypto.subtle.digest('SHA-256', await c.req.arrayBuffer());
  const bodyHash = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return accept({ userId: c.var.caller.userId, route, key, bodyHash });
}
