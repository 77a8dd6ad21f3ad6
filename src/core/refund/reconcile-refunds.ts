/** Follows every refund to its end, and finds money that should have gone back and has not. */

import { submit, SYSTEM } from '../order/submit.ts';
import { nextLookAtMs } from '../payment/look-schedule.ts';
import { eachOfPages } from '../each-of-pages.ts';
import type { Services } from '../services.ts';
import type { DueRefund, LooseSurplus } from './refund-store.ts';
import { lookAtRefund } from './send-refund.ts';

/** How long surplus money rests after its refund came to nothing, before another one is tried, ms. */
const RETRY_SURPLUS_MS = 24 * 60 * 60 * 1000;

/** Asks about refunds that are due, and starts anew the refunds of surplus money that came to nothing a day ago. */
export async function reconcileRefunds(services: Services): Promise<void> {
  await eachOfPages(services, 'reconcile_refunds', {
    read: (limit) => services.refunds.due(services.now(), limit),
    work: (refund: DueRefund) => look(services, refund),
  });
  await eachOfPages(services, 'return_surplus', {
    read: (limit) => services.refunds.looseSurplus(services.now() - RETRY_SURPLUS_MS, limit),
    work: (surplus: LooseSurplus) => returnSurplus(services, surplus),
  });
}

/** Asks about the refunds of one order now, because its provider says that something happened to them. */
export async function reconcileOrderRefunds(services: Services, orderNo: string): Promise<void> {
  const history = await services.orders.history(orderNo);
  for (const { refundNo, status } of history?.state.refunds ?? []) {
    const refund = status === 'processing' ? await services.refunds.find(refundNo) : null;
    if (refund) await lookAtRefund(services, refund);
  }
}

async function look(services: Services, refund: DueRefund): Promise<void> {
  const nowMs = services.now();
  const nextAtMs = nextLookAtMs(refund.updatedAtMs, refund.looks + 1, nowMs);
  if (await services.refunds.claimLook(refund, nowMs, nextAtMs)) await lookAtRefund(services, refund);
}

/** Only writes the refund down: its first look, which one run alone takes, finds it unknown and sends it. */
async function returnSurplus(services: Services, surplus: LooseSurplus): Promise<void> {
  const { orderNo, provider, transactionId } = surplus;
  const command = { type: 'return_surplus', provider, transactionId } as const;
  const submitted = await submit(services, { orderNo, command, ...SYSTEM });
  if (!submitted.ok) services.log.alert('surplus_stuck', { orderNo, cause: submitted.refusal.reason });
}
