/** Asks providers about every attempt whose next look is due: no payment depends on its notification. */

import { eachOfPages } from '../each-of-pages.ts';
import type { Services } from '../services.ts';
import { lookAtPayment } from './look-at-payment.ts';
import { nextLookAtMs } from './look-schedule.ts';
import type { DueAttempt } from './payment-store.ts';

/** Looks at what is due, page by page. A look that fails is due again by its schedule, and holds up no other. */
export async function reconcilePayments(services: Services): Promise<void> {
  await eachOfPages(services, 'reconcile_payments', {
    read: (limit) => services.payments.due(services.now(), limit),
    work: (attempt: DueAttempt) => look(services, attempt),
  });
}

async function look(services: Services, attempt: DueAttempt): Promise<void> {
  const nowMs = services.now();
  const nextAtMs = nextLookAtMs(attempt.createdAtMs, attempt.looks + 1, nowMs);
  if (!(await services.payments.claimLook(attempt, nowMs, nextAtMs))) return;
  await lookAtPayment(services, attempt, 'close_when_due');
}
