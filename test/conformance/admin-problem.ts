/** How the operator API says no: problem details of RFC 9457, checked whole, and read down to what differs. */
import * as z from 'zod';
import { REASONS } from '../../src/core/errors.ts';
import type { Received } from '../harness/shop.ts';

const problemAnswer = z.strictObject({
  type: z.string(),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().min(1),
  reason: z.enum(REASONS),
  field: z.string().min(1).optional(),
});

/** Status, reason, and the field where one is named; throws for what is no problem of ours. */
export function problemOf({ status, headers, json, text }: Received): [number, string, ...string[]] {
  const parsed = problemAnswer.safeParse(json);
  const contentType = headers.get('content-type');
  if (!parsed.success || contentType !== 'application/problem+json') {
    throw new Error(`no problem: ${status} ${contentType} ${text.slice(0, 500)}`);
  }
  const { type, status: said, detail, reason, field } = parsed.data;
  const isWhole =
    said === status &&
    type === `urn:problem-type:edge-orders:${reason}` &&
    (reason === 'invalid_input') === (field !== undefined) &&
    (field === undefined || detail.startsWith(`${field}: `));
  if (!isWhole) throw new Error(`a problem that contradicts itself: ${text.slice(0, 500)}`);
  return field === undefined ? [status, reason] : [status, reason, field];
}
