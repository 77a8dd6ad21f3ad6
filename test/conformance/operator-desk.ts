/** What operators do to a booking, by the core's own verbs: the tests of the operator API are another folder's. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { compose, prepare } from '../../src/compose.ts';
import { accept, type Result, valueOrThrow } from '../../src/core/errors.ts';
import { advanceFulfilment } from '../../src/core/order/advance-fulfilment.ts';
import { endUnpaidOrder } from '../../src/core/order/end-unpaid-order.ts';
import { decideRefund } from '../../src/core/refund/decide-refund.ts';
import type { CatalogRef } from '../../src/core/catalog/catalog.ts';
import type { Services } from '../../src/core/services.ts';
import { FULFILMENT } from '../../src/dialects/technician-booking/status.ts';

const ACTOR = 'operator:9001';

async function work<T>(verb: (services: Services) => Promise<Result<T>>): Promise<T> {
  const prepared = await prepare(env);
  if (!prepared.ok) throw new Error(prepared.problems.join('; '));
  const context = createExecutionContext();
  const { services } = compose(env, prepared.isolate, context, 'first-primary');
  const done = await verb(services);
  await waitOnExecutionContext(context);
  return valueOrThrow(done);
}

/** Approves or rejects the refund that a customer asked for, and waits until the provider has been told. */
export async function decideOnRefund(orderId: string, verdict: 'approve' | 'reject'): Promise<void> {
  await work(async (services) => {
    const history = await services.orders.history(orderId);
    const waiting = history?.state.refunds.find(({ status }) => status === 'requested');
    if (!waiting) throw new Error('no refund waits for a decision');
    return decideRefund(services, waiting.refundNo, verdict, { actor: ACTOR, reason: null });
  });
}

/** Ends the work on a paid order. */
export async function completeOrder(orderId: string): Promise<void> {
  const move = { to: 'completed', remark: null, policy: FULFILMENT, actor: ACTOR } as const;
  await work((services) => advanceFulfilment(services, orderId, move));
}

/** Cancels an order that was not paid. */
export async function cancelOrder(orderId: string): Promise<void> {
  const command = { type: 'cancel', reason: 'closed today' } as const;
  await work((services) => endUnpaidOrder(services, { orderNo: orderId, scope: 'everything', actor: ACTOR, command }));
}

/** Changes fields of a catalogue row. */
export async function changeItem(ref: CatalogRef, fields: Record<string, unknown>): Promise<void> {
  await work(async (services) => accept(await services.catalog.put(ref, fields, services.now(), null)));
}

/** Takes a catalogue row out of sale. */
export async function removeItem(ref: CatalogRef): Promise<void> {
  await work(async (services) => accept(await services.catalog.remove(ref, services.now())));
}
