/** All demo rows, one line each dialect. The same ones serve `npm run db:demo` and the tests. */
import type { DemoBalance } from './demo-balance.ts';
import type { DemoRow } from './demo-row.ts';
import { medicalCompanionRows } from './medical-companion.ts';
import { printShopRows } from './print-shop.ts';
import { rechargeRows } from './recharge.ts';
import { subscriptionBalances, subscriptionRows } from './subscription.ts';
import { technicianBookingRows } from './technician-booking.ts';

export const demoRows: readonly DemoRow[] = [
  ...technicianBookingRows,
  ...medicalCompanionRows,
  ...rechargeRows,
  ...printShopRows,
  ...subscriptionRows,
];

/** What the users among them have on their balances. */
export const demoBalances: readonly DemoBalance[] = [...subscriptionBalances];
