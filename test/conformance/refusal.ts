/** How technician booking says no: one shape, compared to the byte. */
import type { Received } from '../harness/shop.ts';

/** What a test looks at in an answer. */
export type Seen = { status: number; text: string; retryAfter: string | null; contentType: string | null };

/** The part of an answer that {@link refusal} describes. */
export function seen({ status, text, headers }: Received): Seen {
  return { status, text, retryAfter: headers.get('retry-after'), contentType: headers.get('content-type') };
}

/** The refusal that is wanted: `{message, code: -1, data: []}` in this order, and when to come back, if at all. */
export function refusal(status: number, message: string, retryAfterSeconds?: number): Seen {
  return {
    status,
    text: JSON.stringify({ message, code: -1, data: [] }),
    retryAfter: retryAfterSeconds === undefined ? null : String(retryAfterSeconds),
    contentType: 'application/json',
  };
}
