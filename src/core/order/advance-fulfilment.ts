/** Moves the work on a paid order on, by an operator's hand. */

import { accept, type Result } from '../errors.ts';
import type { Fen } from '../money.ts';
import { sealWords } from '../personal/words.ts';
import type { Services } from '../services.ts';
import type { FulfilmentPolicy, FulfilmentTarget } from './command.ts';
import type { Details, Order } from './order.ts';
import { submit } from './submit.ts';

/** A step of the work. */
export type FulfilmentStep = {
  to: FulfilmentTarget;
  policy: FulfilmentPolicy;
  actor: string;
  remark: string | null;
  /** What is known of it beside the remark; about nobody. */
  facts?: Details;
  /** What of the amount the work has earned so far, where it was done in part. */
  heldBackFen?: Fen;
};

/** Refuses `order_not_found`, `move_not_allowed` (by the core's table or the dialect's policy), `refund_already_requested`, `busy`. */
export async function advanceFulfilment(
  services: Services,
  orderNo: string,
  { actor, ...move }: FulfilmentStep,
): Promise<Result<Order>> {
  const remark = await sealWords(services, orderNo, move.remark);
  const { to, policy, facts = null, heldBackFen = null } = move;
  const command = { type: 'advance_fulfilment', to, policy, remark, facts, heldBackFen } as const;
  const submitted = await submit(services, { orderNo, actor, scope: 'everything', command });
  return submitted.ok ? accept(submitted.state.order) : submitted;
}
