/** Hands a command to the order's gate, with the time and a name of its own. */

import { refuse } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Submission } from './command.ts';
import { isOrderNo } from './order-number.ts';
import type { Submitted } from './order-gate.ts';

/** What a verb says; the rest of the submission is filled in here. */
export type Request = Omit<Submission, 'nowMs' | 'commitId'>;

/** Who this service is when nobody asked. */
export const SYSTEM = { actor: 'system', scope: 'everything' } as const;

/** Submits one command. Refuses what deciding refuses, and `busy`; what is no order number never reaches a gate. */
export async function submit(services: Services, request: Request): Promise<Submitted> {
  if (!isOrderNo(request.orderNo)) return { ...refuse('order_not_found'), state: null };
  return services.gate.submit({ ...request, nowMs: services.now(), commitId: services.ids.commitId() });
}
