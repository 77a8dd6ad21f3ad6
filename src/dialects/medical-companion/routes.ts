/** The six calls of the medical companion: parse, one verb of the core, render. */

import { zValidator } from '@hono/zod-validator';
import { type Context, Hono } from 'hono';
import { actorOf, type Caller, scopeOf } from '../../core/caller.ts';
import type { CatalogItem } from '../../core/catalog/catalog.ts';
import { shareOf } from '../../core/commission/commission.ts';
import type { CommissionTerms } from '../../core/commission/commission-terms.ts';
import { accept, refuse, RefusedError, type Result, valueOrThrow } from '../../core/errors.ts';
import type { Fen } from '../../core/money.ts';
import { endUnpaidOrder } from '../../core/order/end-unpaid-order.ts';
import { findOrderDetail, findOrderNo, pageOrders } from '../../core/order/find-orders.ts';
import type { OrderQuery } from '../../core/order/order-store.ts';
import { type Offer, placeOrder } from '../../core/order/place-order.ts';
import { startPayment } from '../../core/payment/start-payment.ts';
import { requestRefund } from '../../core/refund/request-refund.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { readIdempotencyKey } from '../../http/idempotency-key.ts';
import { refuseInvalid } from '../../http/invalid-input.ts';
import { numericUser } from '../../http/numeric-user.ts';
import { readBody } from '../../http/read-body.ts';
import { readOptionalBody } from '../../http/read-optional-body.ts';
import { envelope, renderDetail, renderPage, renderPlaced, renderStarted } from './render.ts';
import {
  cancelSchema,
  listSchema,
  paySchema,
  readReferrer,
  readService,
  refsOf,
  refundSchema,
  submitSchema,
  type Submitted,
} from './schema.ts';
import { FULFILMENT, LISTS, METHODS } from './status.ts';

/** The folder's name, as orders carry it. */
export const NAME = 'medical-companion';

/** Refuses `forbidden` to a customer who names somebody else. */
function checkUser(caller: Caller, userId: number): void {
  if (caller.role !== 'operator' && caller.userId !== String(userId)) throw new RefusedError({ reason: 'forbidden' });
}

/** The service at its price. */
function offerOf(items: readonly CatalogItem[], input: Submitted, commissionBps: number): Result<Offer> {
  const service = readService(items);
  if (service === null) return refuse('item_not_found', { field: 'serviceId' });
  const { serviceId, patientId, addressId, appointmentDate, appointmentTime, specialRequirements, formData } = input;
  return accept({
    amountFen: service.priceFen,
    subject: service.title,
    details: { serviceId, patientId, addressId, serviceDescription: service.description },
    personal: { appointmentDate, appointmentTime, specialRequirements, formData },
    saleOf: null,
    payWith: null,
    commission: commissionOf(items, input, service.priceFen, commissionBps),
  });
}

/** What goes to whoever brought the user; nobody brings themself. */
function commissionOf(
  items: readonly CatalogItem[],
  { userId }: Submitted,
  priceFen: Fen,
  bps: number,
): CommissionTerms | null {
  const to = readReferrer(items);
  const amountFen = shareOf(priceFen, bps);
  return to === null || to === String(userId) || amountFen === 0 ? null : { to, amountFen, payoutAfterMs: null };
}

const scope = (c: Context<AppEnv>) => scopeOf(c.var.caller, NAME);
const actor = (c: Context<AppEnv>) => actorOf(c.var.caller);

/** The number of the order that the path names. Refuses `order_not_found`. */
async function orderNoOf(c: Context<AppEnv, '/:id'>): Promise<string> {
  return valueOrThrow(await findOrderNo(c.var.services, c.req.param('id')));
}

export const routes = new Hono<AppEnv>({ strict: false })
  .use(numericUser)
  .post('/submit', async function submit(c) {
    const input = valueOrThrow(await readBody(c, submitSchema));
    checkUser(c.var.caller, input.userId);
    const { services } = c.var;
    const placed = await placeOrder(services, {
      dialect: NAME,
      caller: c.var.caller,
      userId: String(input.userId),
      items: refsOf(input),
      offer: (items) => offerOf(items, input, services.settings.commissionBps[NAME] ?? 0),
      idempotency: valueOrThrow(await readIdempotencyKey(c, `POST ${NAME}`)),
    });
    return c.json(envelope(renderPlaced(valueOrThrow(placed))));
  })
  .post('/pay/:id', async function pay(c) {
    const { paymentMethod, payerId } = valueOrThrow(await readBody(c, paySchema));
    const { services } = c.var;
    const started = await startPayment(services, {
      orderNo: await orderNoOf(c),
      scope: scope(c),
      actor: actor(c),
      methods: [METHODS[paymentMethod]],
      // As long as the order: the core ends it where the order or the provider does.
      slipMs: services.settings.orderTtlMs,
      whenOpen: 'hand_out_again',
      payerId,
    });
    return c.json(envelope(renderStarted(valueOrThrow(started))));
  })
  .post('/cancel/:id', async function cancel(c) {
    const { reason } = valueOrThrow(await readOptionalBody(c, cancelSchema));
    const request = { orderNo: await orderNoOf(c), scope: scope(c), actor: actor(c) };
    valueOrThrow(await endUnpaidOrder(c.var.services, { ...request, command: { type: 'cancel', reason } }));
    return c.json(envelope({ message: '订单取消成功' }));
  })
  .post('/refund/:id', async function refund(c) {
    const { reason, refundAmount } = valueOrThrow(await readBody(c, refundSchema));
    const { services } = c.var;
    const requested = await requestRefund(services, {
      orderNo: await orderNoOf(c),
      scope: scope(c),
      actor: actor(c),
      amountFen: refundAmount,
      policy: FULFILMENT,
      reason,
      approval: services.settings.refundApproval,
    });
    return c.json(envelope({ refundId: valueOrThrow(requested).refund.id, message: '退款申请提交成功' }));
  })
  .get('/list', zValidator('query', listSchema, refuseInvalid), async function list(c) {
    const { userId, status, page, pageSize } = c.req.valid('query');
    checkUser(c.var.caller, userId);
    const wanted = { number: page, size: pageSize };
    const states = status === undefined ? 'all' : (LISTS.get(status) ?? []);
    const query: OrderQuery = { dialect: NAME, userId: String(userId), states, fromMs: null, toMs: null };
    const found = await pageOrders(c.var.services, query, wanted);
    return c.json(envelope(renderPage(found, wanted)));
  })
  .get('/detail/:id', async function detail(c) {
    const found = await findOrderDetail(c.var.services, { id: c.req.param('id') }, scope(c));
    return c.json(envelope(renderDetail(valueOrThrow(found))));
  });
