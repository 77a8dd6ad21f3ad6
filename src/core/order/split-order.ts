/** Makes one paid order several. */

import { accept, type Result } from '../errors.ts';
import type { Fen } from '../money.ts';
import { sealDetails } from '../personal/personal-details.ts';
import { sealWords } from '../personal/words.ts';
import type { Services } from '../services.ts';
import type { Scope } from './command.ts';
import type { OrderPart } from './order-part.ts';
import type { Details } from './order.ts';
import { submit } from './submit.ts';

/** What each part is to be: its share of the amount, and what its dialect keeps with it. */
export type PartWish = { amountFen: Fen; details: Details; personal: Details | null };

/** What to split, and into what. */
export type SplitWish = {
  orderNo: string;
  scope: Scope;
  actor: string;
  parts: readonly PartWish[];
  remark: string | null;
  /** As with the order that is split. */
  numberPrefix?: 'ORD';
};

/**
 * Gives the numbers of the parts, in the order in which they were asked for. Refuses `order_not_found`,
 * `move_not_allowed`, `refund_already_requested`, `amount_differs`, `busy`.
 */
export async function splitOrder(services: Services, wish: SplitWish): Promise<Result<string[]>> {
  const { orderNo, scope, actor } = wish;
  const remark = await sealWords(services, orderNo, wish.remark);
  const parts = await Promise.all(wish.parts.map((part) => partOf(services, part, wish.numberPrefix ?? '')));
  const submitted = await submit(services, { orderNo, scope, actor, command: { type: 'split', parts, remark } });
  return submitted.ok ? accept(parts.map((part) => part.orderNo)) : submitted;
}

async function partOf(
  services: Services,
  { amountFen, details, personal }: PartWish,
  prefix: string,
): Promise<OrderPart> {
  const orderNo = prefix + services.ids.orderNo(services.now());
  return { orderNo, amountFen, details, personal: await sealDetails(services, orderNo, personal) };
}
