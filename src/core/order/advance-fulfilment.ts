/** Moves the work on a paid order on, by an operator's hand. */

import { accept, type Result } from '../errors.ts';
import { sealWords } from '../personal/words.ts';
import type { Services } from '../services.ts';
import type { FulfilmentPolicy, FulfilmentTarget } from './command.ts';
import type { Order } from './order.ts';
import { submit } from './submit.ts';

/** Refuses `order_not_found`, `move_not_allowed` (by the core's table or the dialect's policy), `busy`. */
export async function advanceFulfilment(
  services: Services,
  orderNo: string,
  move: { to: FulfilmentTarget; remark: string | null; policy: FulfilmentPolicy; actor: string },
): Promise<Result<Order>> {
  const { actor, to, policy } = move;
  const remark = await sealWords(services, orderNo, move.remark);
  const command = { type: 'advance_fulfilment', to, policy, remark } as const;
  const submitted = await submit(services, { orderNo, actor, scope: 'everything', command });
  return submitted.ok ? accept(submitted.state.order) : submitted;
}
