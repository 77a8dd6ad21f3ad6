/** All demo rows, one line each dialect. The same ones serve `npm run db:demo` and the tests. */
import type { DemoRow } from './demo-row.ts';
import { medicalCompanionRows } from './medical-companion.ts';
import { printShopRows } from './print-shop.ts';
import { rechargeRows } from './recharge.ts';
import { technicianBookingRows } from './technician-booking.ts';

export const demoRows: readonly DemoRow[] = [
  ...technicianBookingRows,
  ...medicalCompanionRows,
  ...rechargeRows,
  ...printShopRows,
];
