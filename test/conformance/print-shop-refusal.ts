/** How the print shop says no: one shape, compared to the byte. */
import type { Seen } from './refusal.ts';

/** The refusal that is wanted: `{result: 'ERROR', message}`, with a 200 unless its page says otherwise. */
export function refusal(message: string, status = 200, retryAfterSeconds?: number): Seen {
  return {
    status,
    text: JSON.stringify({ result: 'ERROR', message }),
    retryAfter: retryAfterSeconds === undefined ? null : String(retryAfterSeconds),
    contentType: 'application/json',
  };
}
