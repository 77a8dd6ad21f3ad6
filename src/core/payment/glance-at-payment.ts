/** Looks at an open attempt because somebody is looking at their order: a lost notification is noticed meanwhile. */

import type { OrderView } from '../order/order-store.ts';
import type { Services } from '../services.ts';
import { lookAtPayment } from './look-at-payment.ts';

/** An attempt younger than this is left to its notification, and is asked about no more often than this, ms. */
const GLANCE_MS = 5000;

/** Sets off one query in the background, when the order has an attempt that is old enough and was not just looked at. */
export function glanceAtPayment(services: Services, view: OrderView): void {
  const attempt = view.open;
  if (attempt === null) return;
  const lastMs = attempt.lastLookAtMs ?? attempt.createdAtMs;
  if (services.now() - lastMs < GLANCE_MS) return;
  const glance = async () => {
    if (!(await services.payments.claimGlance(attempt.outTradeNo, services.now(), GLANCE_MS))) return;
    await lookAtPayment(services, attempt, 'close_when_due');
  };
  services.background(glance());
}
