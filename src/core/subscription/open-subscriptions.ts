/** Opens every subscription order that is paid and was not opened: nothing stays between the two. */

import { eachOfPages } from '../each-of-pages.ts';
import type { Services } from '../services.ts';
import { openSubscription } from './open-subscription.ts';

/** Goes past an order that cannot be opened now, and says so: it is found again by the next run. */
export async function openSubscriptions(services: Services): Promise<void> {
  let after: { orderNo: string; paidAtMs: number } | null = null;
  await eachOfPages(services, 'open_subscriptions', {
    read: async (limit) => {
      const rows = await services.orders.listToOpen(after, limit);
      after = rows.at(-1) ?? after;
      return rows;
    },
    work: async ({ orderNo }) => {
      const history = await services.orders.history(orderNo);
      const opened = history && (await openSubscription(services, history.state.order));
      if (opened?.ok === false) services.log.alert('opening_stuck', { orderNo, cause: opened.refusal.reason });
    },
  });
}
