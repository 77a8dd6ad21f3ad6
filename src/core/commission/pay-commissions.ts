/** Puts shares that are due on the balances of those who get them. */

import { eachOfPages } from '../each-of-pages.ts';
import { submit, SYSTEM } from '../order/submit.ts';
import type { Services } from '../services.ts';

/** Goes past a share that has to wait, because money is on its way back: it is found again by the next run. */
export async function payCommissions(services: Services): Promise<void> {
  let after: { orderNo: string; dueAtMs: number } | null = null;
  await eachOfPages(services, 'pay_commissions', {
    read: async (limit) => {
      const rows = await services.orders.listDueShares(services.now(), after, limit);
      after = rows.at(-1) ?? after;
      return rows;
    },
    work: ({ orderNo }) => submit(services, { orderNo, command: { type: 'pay_commission' }, ...SYSTEM }),
  });
}
