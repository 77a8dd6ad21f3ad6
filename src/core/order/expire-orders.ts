/** Expires the orders whose time has run out. */

import { eachOfPages } from '../each-of-pages.ts';
import type { Services } from '../services.ts';
import { endUnpaidOrder } from './end-unpaid-order.ts';
import { SYSTEM } from './submit.ts';

const PAGE = 200;
const MAX_PAGES = 50;

/**
 * Those that nobody can be paying go in one guarded write a page. The others are asked about one by one; where the
 * provider does not answer, the order waits for the next run, and paying it is refused meanwhile all the same.
 */
export async function expireOrders(services: Services): Promise<void> {
  for (let page = 0; page < MAX_PAGES; page++) {
    const expired = await services.orders.expireIdle(services.now(), PAGE);
    if (expired < PAGE) break;
  }
  let after: { orderNo: string; expiresAtMs: number } | null = null;
  await eachOfPages(services, 'expire_orders', {
    read: async (limit) => {
      const rows = await services.orders.listDueWithLiveAttempt(services.now(), after, limit);
      after = rows.at(-1) ?? after;
      return rows;
    },
    work: ({ orderNo }) => endUnpaidOrder(services, { orderNo, command: { type: 'expire' }, ...SYSTEM }),
  });
}
