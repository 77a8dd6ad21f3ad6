/** The seven calls of technician booking: parse, one verb of the core, render. */

import { zValidator } from '@hono/zod-validator';
import { type Context, Hono } from 'hono';
import { actorOf, scopeOf } from '../../core/caller.ts';
import { accept, refuse, RefusedError, type Result, valueOrThrow } from '../../core/errors.ts';
import type { CatalogItem } from '../../core/catalog/catalog.ts';
import { describeError } from '../../core/log.ts';
import { endUnpaidOrder } from '../../core/order/end-unpaid-order.ts';
import { findOrder, listOrders } from '../../core/order/find-orders.ts';
import { type Offer, placeOrder } from '../../core/order/place-order.ts';
import { cancelPayment } from '../../core/payment/cancel-payment.ts';
import { startPayment } from '../../core/payment/start-payment.ts';
import { requestRefund } from '../../core/refund/request-refund.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { readIdempotencyKey } from '../../http/idempotency-key.ts';
import { refuseInvalid } from '../../http/invalid-input.ts';
import { numericUser } from '../../http/numeric-user.ts';
import { readBody } from '../../http/read-body.ts';
import { sendRefusal } from '../../http/send-refusal.ts';
import { PAY_WORDS, REFUND_WORDS, renderRefusal } from './errors.ts';
import { envelope, PAGE_SIZE, renderDetail, renderPage, renderPlaced, renderRefund, renderSlip } from './render.ts';
import {
  type BookingDetails,
  listSchema,
  orderIdSchema,
  placeSchema,
  readItem,
  refsOf,
  SERVICES,
  serviceSchema,
} from './schema.ts';
import { FULFILMENT, LISTS, PROVIDERS } from './status.ts';

/** The folder's name, as orders carry it. */
export const NAME = 'technician-booking';

/** How an order is paid; its `pay_type` chose the provider. */
const METHODS = [
  { provider: 'alipay', kind: 'app_order_string' },
  { provider: 'wechat-pay', kind: 'app_params' },
] as const;

/** The price of the hours that were asked for. */
function offerOf(items: readonly CatalogItem[], details: BookingDetails): Result<Offer> {
  const service = readItem(items, SERVICES, serviceSchema);
  if (!service) return refuse('item_not_found');
  return accept({
    amountFen: service.body.tourPriceFen * details.orderDuration,
    subject: service.body.title,
    details,
    personal: null,
    saleOf: { kind: SERVICES, id: String(service.id) },
    payWith: PROVIDERS[details.payType],
    commission: null,
  });
}

const scope = (c: Context<AppEnv>) => scopeOf(c.var.caller, NAME);
const actor = (c: Context<AppEnv>) => actorOf(c.var.caller);

export const routes = new Hono<AppEnv>({ strict: false })
  .use(numericUser)
  .post('/', async function place(c) {
    const input = valueOrThrow(await readBody(c, placeSchema));
    const idempotency = valueOrThrow(await readIdempotencyKey(c, `POST ${NAME}`));
    const details = {
      serviceId: input.service_id,
      technicianId: input.technician_id,
      orderDuration: input.order_duration,
      payType: input.pay_type,
    };
    const placed = await placeOrder(c.var.services, {
      dialect: NAME,
      caller: c.var.caller,
      userId: c.var.caller.userId,
      items: refsOf(details),
      offer: (items) => offerOf(items, details),
      idempotency,
    });
    return c.json(envelope(renderPlaced(valueOrThrow(placed))), 201);
  })
  .get('/', zValidator('query', listSchema, refuseInvalid), async function list(c) {
    const { page, order_type } = c.req.valid('query');
    const filter = LISTS[order_type];
    if (!filter) throw new RefusedError({ reason: 'invalid_input', field: 'order_type' });
    const found = await listOrders(c.var.services, scope(c), filter, { number: page, size: PAGE_SIZE });
    return c.json(envelope(renderPage(found, { page, publicUrl: c.var.services.settings.publicUrl })));
  })
  .post('/pay', async function pay(c) {
    const input = await readBody(c, orderIdSchema);
    const started = input.ok ? await startBookingPayment(c, input.value.order_id) : input;
    if (!started.ok) return sendRefusal(c, started.refusal, renderRefusal(started.refusal, PAY_WORDS));
    const { attempt, prepay } = started.value;
    return c.json({ message: '成功了！', code: 0, data: renderSlip(attempt, prepay) });
  })
  .post('/pay/refund', async function refund(c) {
    const input = await readBody(c, orderIdSchema);
    if (!input.ok) return sendRefusal(c, input.refusal, renderRefusal(input.refusal, REFUND_WORDS));
    const requested = await requestRefund(c.var.services, {
      orderNo: input.value.order_id,
      scope: scope(c),
      actor: actor(c),
      amountFen: 'all',
      policy: FULFILMENT,
      reason: null,
      approval: c.var.services.settings.refundApproval,
    });
    if (!requested.ok) return sendRefusal(c, requested.refusal, renderRefusal(requested.refusal, REFUND_WORDS));
    return c.json({ message: '', code: 0, data: renderRefund(requested.value.order, requested.value.refund) });
  })
  .delete('/pay/:payment_id', async function cancel(c) {
    const { services } = c.var;
    // Always 200: the client calls this on its way out, and can do nothing about a failure.
    await cancelPayment(services, c.req.param('payment_id'), scope(c)).catch((error: unknown) =>
      services.log.alert('cancel_payment_failed', describeError(error)),
    );
    return c.json({ message: '取消成功', code: 0, data: [] });
  })
  .get('/:order_id', async function detail(c) {
    const found = await findOrder(c.var.services, c.req.param('order_id'), scope(c));
    return c.json(envelope(found.ok ? renderDetail(found.value) : null));
  })
  .delete('/:order_id', async function remove(c) {
    const orderNo = c.req.param('order_id');
    const request = { orderNo, scope: scope(c), actor: actor(c), command: { type: 'delete' } as const };
    valueOrThrow(await endUnpaidOrder(c.var.services, request));
    return c.json(envelope([], '删除成功'));
  });

/** The order says how it is paid. Refuses what starting a payment refuses. */
async function startBookingPayment(c: Context<AppEnv>, orderNo: string) {
  const { services } = c.var;
  return startPayment(services, {
    orderNo,
    scope: scope(c),
    actor: actor(c),
    methods: METHODS,
    slipMs: services.settings.paymentTtlMs,
    whenOpen: 'refuse',
    payerId: null,
  });
}
