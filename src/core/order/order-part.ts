/** One part of an order that is split. */

import type { Fen } from '../money.ts';
import type { Sealed } from '../personal/personal-store.ts';
import type { Details } from './order.ts';

/** Its number, its share of the amount, and what its dialect keeps with it. */
export type OrderPart = { orderNo: string; amountFen: Fen; details: Details; personal: Sealed | null };
