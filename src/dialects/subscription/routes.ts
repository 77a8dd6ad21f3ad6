/** The seven calls of subscriptions: parse, one verb of the core, render. */

import { zValidator } from '@hono/zod-validator';
import { type Context, Hono } from 'hono';
import { placeOnAccount } from '../../core/balance/place-on-account.ts';
import { actorOf, scopeOf } from '../../core/caller.ts';
import { type Refusal, RefusedError, valueOrThrow } from '../../core/errors.ts';
import { endUnpaidOrder } from '../../core/order/end-unpaid-order.ts';
import { findOrder, listOrders } from '../../core/order/find-orders.ts';
import type { OrderView } from '../../core/order/order-store.ts';
import { payNothing } from '../../core/payment/pay-nothing.ts';
import { startPayment } from '../../core/payment/start-payment.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { readIdempotencyKey } from '../../http/idempotency-key.ts';
import { refuseInvalid } from '../../http/invalid-input.ts';
import { numericUser } from '../../http/numeric-user.ts';
import { readBody } from '../../http/read-body.ts';
import { ensureUser } from './ensure-user.ts';
import { offerOf, refsOf, relatedRefsOf } from './offer.ts';
import { findPaymentMethod, listPaymentMethods } from './payment-methods.ts';
import { renderPrepay } from './payment-modules.ts';
import { envelope, renderDetails, renderListed, renderMethod } from './render.ts';
import type { Rule } from './rules.ts';
import { cancelSchema, checkoutSchema, fetchSchema, orderSchema, saveSchema } from './schema.ts';
import { ALL, LISTS, NAME, statusOf } from './status.ts';

/** The most orders that are listed. The document knows no pages. */
const MAX_LISTED = 500;

type Ctx = Context<AppEnv>;

/** Who asks, as the verbs want to know it. */
function asCaller({ var: { caller } }: Ctx) {
  return { scope: scopeOf(caller, NAME), actor: actorOf(caller) };
}

/** The order of this number, if it is the caller's to see. Refuses `order_not_found`. */
async function orderOf(c: Ctx, tradeNo: string): Promise<OrderView> {
  return valueOrThrow(await findOrder(c.var.services, tradeNo, asCaller(c).scope));
}

const NOT_PAYABLE: Refusal = { reason: 'order_not_found', rule: 'not_payable' satisfies Rule };

/** The order that is to be paid. Whatever is wrong with it, in this call it is the same. */
async function payableOrder(c: Ctx, tradeNo: string): Promise<OrderView['order']> {
  const found = await findOrder(c.var.services, tradeNo, asCaller(c).scope);
  if (!found.ok || statusOf(found.value.order, c.var.services.now()) !== 0) throw new RefusedError(NOT_PAYABLE);
  return found.value.order;
}

export const routes = new Hono<AppEnv>({ strict: false })
  .use(numericUser, ensureUser)
  .post('/save', async function save(c) {
    const { services, caller } = c.var;
    const input = valueOrThrow(await readBody(c, saveSchema));
    const wish = { userId: caller.userId, input, commissionBps: services.settings.commissionBps[NAME] ?? 0 };
    const placed = await placeOnAccount(services, {
      dialect: NAME,
      caller,
      userId: caller.userId,
      items: refsOf(wish),
      related: (items) => relatedRefsOf(items, wish),
      couponCode: input.coupon_code,
      offer: (items, account, nowMs) => offerOf(wish, items, account, nowMs),
      idempotency: valueOrThrow(await readIdempotencyKey(c, `POST ${NAME}`)),
    });
    return c.json(envelope(valueOrThrow(placed).orderNo));
  })
  .post('/checkout', async function checkout(c) {
    const { services } = c.var;
    const { trade_no: tradeNo, method: methodId } = valueOrThrow(await readBody(c, checkoutSchema));
    const { orderNo, amountFen } = await payableOrder(c, tradeNo);
    const request = { orderNo, ...asCaller(c) };
    if (amountFen === 0) {
      valueOrThrow(await payNothing(services, request));
      return c.json({ type: -1, data: true });
    }
    const method = methodId === null ? null : await findPaymentMethod(services, methodId);
    if (method === null) throw new RefusedError({ reason: 'provider_not_offered' });
    const started = await startPayment(services, {
      ...request,
      methods: [{ provider: method.provider, kind: method.kind, choice: String(method.id) }],
      // As long as the order: the core ends it where the order or the provider does.
      slipMs: services.settings.orderTtlMs,
      whenOpen: 'hand_out_again',
      payerId: null,
    });
    return c.json(renderPrepay(valueOrThrow(started).prepay));
  })
  .post('/cancel', async function cancel(c) {
    const { services } = c.var;
    const { trade_no: tradeNo } = valueOrThrow(await readBody(c, cancelSchema));
    const { order } = await orderOf(c, tradeNo);
    // An order that has run out counts as cancelled, also while nobody has moved it.
    if (statusOf(order, services.now()) !== 0) throw new RefusedError({ reason: 'order_not_unpaid' });
    const command = { type: 'cancel', reason: null } as const;
    valueOrThrow(await endUnpaidOrder(services, { orderNo: order.orderNo, ...asCaller(c), command }));
    return c.json(envelope(true));
  })
  .get('/check', zValidator('query', orderSchema, refuseInvalid), async function check(c) {
    const { order } = await orderOf(c, c.req.valid('query').trade_no);
    return c.json(envelope(statusOf(order, c.var.services.now())));
  })
  .get('/details', zValidator('query', orderSchema, refuseInvalid), async function details(c) {
    const view = await orderOf(c, c.req.valid('query').trade_no);
    return c.json(envelope(renderDetails(view, c.var.services.now())));
  })
  .get('/fetch', zValidator('query', fetchSchema, refuseInvalid), async function fetchOrders(c) {
    const { services, caller } = c.var;
    const { status } = c.req.valid('query');
    const filter = status === undefined ? ALL : LISTS[status];
    const own = { dialect: NAME, userId: caller.userId };
    const { views } = await listOrders(services, own, filter, { number: 1, size: MAX_LISTED });
    return c.json(envelope(views.map((view) => renderListed(view, services.now()))));
  })
  .get('/getPaymentMethod', async function getPaymentMethod(c) {
    const methods = await listPaymentMethods(c.var.services);
    return c.json(envelope(methods.map(renderMethod)));
  });
