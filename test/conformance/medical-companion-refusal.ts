/** How the medical companion says no: one shape, compared to the byte. */
import type { Seen } from './refusal.ts';

/** The refusal that is wanted: `{code: <status>, message, errorMsg: <the same>, data: null}`, in this order. */
export function refusal(status: number, message: string, retryAfterSeconds?: number): Seen {
  return {
    status,
    text: JSON.stringify({ code: status, message, errorMsg: message, data: null }),
    retryAfter: retryAfterSeconds === undefined ? null : String(retryAfterSeconds),
    contentType: 'application/json',
  };
}
