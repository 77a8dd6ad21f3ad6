/** The calls of recharge, twelve of the document and one to pay: parse, one verb of the core, render. */

import { zValidator } from '@hono/zod-validator';
import { type Context, Hono } from 'hono';
import { actorOf, type Caller, scopeOf } from '../../core/caller.ts';
import type { CatalogItem } from '../../core/catalog/catalog.ts';
import { accept, refuse, RefusedError, type Result, valueOrThrow } from '../../core/errors.ts';
import { isChargeable } from '../../core/money.ts';
import { advanceFulfilment, type FulfilmentStep } from '../../core/order/advance-fulfilment.ts';
import { endUnpaidOrder } from '../../core/order/end-unpaid-order.ts';
import { findOrderDetail, findOrderNo, type OrderDetail, pageOrders } from '../../core/order/find-orders.ts';
import type { Order } from '../../core/order/order.ts';
import { type Offer, placeOrder } from '../../core/order/place-order.ts';
import { splitOrder } from '../../core/order/split-order.ts';
import { claimPayment } from '../../core/payment/claim-payment.ts';
import { recordPayment } from '../../core/payment/record-payment.ts';
import { startPayment } from '../../core/payment/start-payment.ts';
import { requestRefund } from '../../core/refund/request-refund.ts';
import type { Services } from '../../core/services.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { operatorsOnly } from '../../http/authenticate.ts';
import { readIdempotencyKey } from '../../http/idempotency-key.ts';
import { refuseInvalid } from '../../http/invalid-input.ts';
import { numericUser } from '../../http/numeric-user.ts';
import { readBody } from '../../http/read-body.ts';
import { readOptionalBody } from '../../http/read-optional-body.ts';
import { remainingShareOf, totalOf } from './pricing.ts';
import { envelope, renderOrder, renderPage, renderStarted } from './render.ts';
import {
  cancelSchema,
  type Created,
  createSchema,
  detailsSchema,
  failSchema,
  listSchema,
  partialSchema,
  paymentSchema,
  paySchema,
  readProduct,
  rechargeSchema,
  refsOf,
  refundSchema,
  splitSchema,
  statusSchema,
  successSchema,
  SUPPLIERS,
} from './schema.ts';
import { FULFILMENT, LISTS, methodsOf, PROVIDERS, type Status, statusOf, STEPS } from './status.ts';

/** The folder's name, as orders carry it. */
export const NAME = 'recharge';

/** What stands in front of an order's digits. */
const NUMBER_PREFIX = 'ORD';

/** Refuses `forbidden` to a customer who names somebody else. */
function checkCustomer(caller: Caller, customerId: number): void {
  if (caller.role !== 'operator' && caller.userId !== String(customerId)) {
    throw new RefusedError({ reason: 'forbidden' });
  }
}

/** The product at its price. The amount that was sent is only compared with it. */
function offerOf(items: readonly CatalogItem[], input: Created): Result<Offer> {
  const product = readProduct(items);
  if (product === null) return refuse('item_not_found', { field: 'product_id' });
  const { product_id: productId, quantity, payment_method: paymentMethod, remark } = input;
  const amountFen = totalOf(product.priceFen, quantity);
  if (!isChargeable(amountFen)) return refuse('price_invalid');
  if (amountFen !== input.total_amount) {
    return refuse('invalid_input', { field: 'total_amount', message: '必须等于商品价格 × 数量' });
  }
  return accept({
    amountFen,
    subject: product.name,
    details: { productId, quantity, paymentMethod },
    personal: { remark },
    saleOf: null,
    payWith: PROVIDERS[paymentMethod],
    commission: null,
  });
}

type OfOrder = Context<AppEnv, '/:id'>;

/** Which order a verb is to work on, in whose name, and within whose orders. Refuses `order_not_found`. */
async function requestOf(c: OfOrder) {
  const orderNo = valueOrThrow(await findOrderNo(c.var.services, c.req.param('id')));
  return { orderNo, scope: scopeOf(c.var.caller, NAME), actor: actorOf(c.var.caller) };
}

/** The order that the path names, if it is the caller's to see. Refuses `order_not_found`. */
async function detailOf(c: OfOrder): Promise<OrderDetail> {
  const { caller, services } = c.var;
  return valueOrThrow(await findOrderDetail(services, { id: c.req.param('id') }, scopeOf(caller, NAME)));
}

/** What an order's state does not allow is said before what is wrong with the numbers of a request. */
function checkStatus(order: Order, status: Status): void {
  if (statusOf(order) !== status) throw new RefusedError({ reason: 'move_not_allowed' });
}

/** Refuses `item_not_found` for a supplier that nobody knows. */
async function checkSupplier(services: Services, apiId: number): Promise<void> {
  const [supplier] = await services.catalog.read([{ kind: SUPPLIERS, id: String(apiId) }], 'fresh');
  if (!supplier) throw new RefusedError({ reason: 'item_not_found', field: 'api_id' });
}

/** Moves the work on an order on. It was looked up before, because the verb asks for nobody's orders in particular. */
async function advance(c: OfOrder, { orderNo }: Order, step: Omit<FulfilmentStep, 'policy' | 'actor'>): Promise<void> {
  const move = { ...step, policy: FULFILMENT, actor: actorOf(c.var.caller) };
  valueOrThrow(await advanceFulfilment(c.var.services, orderNo, move));
}

/** Ends an order that was not paid. */
async function cancelOrder(c: OfOrder, reason: string | null): Promise<void> {
  const command = { type: 'cancel', reason } as const;
  valueOrThrow(await endUnpaidOrder(c.var.services, { ...(await requestOf(c)), command }));
}

/** What most calls answer: that it is done. */
const DONE = envelope(null);

export const routes = new Hono<AppEnv>({ strict: false })
  .use(numericUser)
  .post('/create', async function create(c) {
    const input = valueOrThrow(await readBody(c, createSchema));
    checkCustomer(c.var.caller, input.customer_id);
    const placed = await placeOrder(c.var.services, {
      dialect: NAME,
      caller: c.var.caller,
      userId: String(input.customer_id),
      items: refsOf(input),
      offer: (items) => offerOf(items, input),
      idempotency: valueOrThrow(await readIdempotencyKey(c, `POST ${NAME}`)),
      numberPrefix: NUMBER_PREFIX,
    });
    return c.json(envelope(renderOrder(valueOrThrow(placed), { remark: input.remark })));
  })
  .get('/list', zValidator('query', listSchema, refuseInvalid), async function list(c) {
    const { customerId, status, fromMs, toMs, page } = c.req.valid('query');
    const { caller, services } = c.var;
    if (customerId !== null) checkCustomer(caller, customerId);
    const { dialect, userId } = scopeOf(caller, NAME);
    const query = {
      dialect,
      userId: customerId === null ? userId : String(customerId),
      states: status === null ? 'all' : LISTS[status],
      fromMs,
      toMs,
    } as const;
    return c.json(envelope(renderPage(await pageOrders(services, query, page))));
  })
  .get('/:id', async function detail(c) {
    const { order, personal } = await detailOf(c);
    return c.json(envelope(renderOrder(order, personal)));
  })
  .put('/:id/status', operatorsOnly, async function status(c) {
    const update = valueOrThrow(await readBody(c, statusSchema));
    const { order } = await detailOf(c);
    const to = STEPS[update.status];
    if (to === null) throw new RefusedError({ reason: 'move_not_allowed' });
    if (to === 'cancel') await cancelOrder(c, update.remark);
    else await advance(c, order, { to, remark: update.remark });
    return c.json(DONE);
  })
  .post('/:id/pay', async function pay(c) {
    const { scene } = valueOrThrow(await readOptionalBody(c, paySchema));
    const { services } = c.var;
    const started = await startPayment(services, {
      ...(await requestOf(c)),
      methods: methodsOf(scene),
      // As long as the order: the core ends it where the order or the provider does.
      slipMs: services.settings.orderTtlMs,
      whenOpen: 'hand_out_again',
      payerId: null,
    });
    return c.json(envelope(renderStarted(valueOrThrow(started))));
  })
  .post('/:id/payment', async function payment(c) {
    const { payment_id, payment_time, remark } = valueOrThrow(await readBody(c, paymentSchema));
    const { services, caller } = c.var;
    const isOperator = caller.role === 'operator';
    if (isOperator && payment_time > services.now()) {
      throw new RefusedError({ reason: 'invalid_input', field: 'payment_time', message: '不能晚于当前时间' });
    }
    const { orderNo } = (await detailOf(c)).order;
    const request = { orderNo, scope: scopeOf(caller, NAME), actor: actorOf(caller) };
    // An operator vouches for the payment. What a customer says of theirs is no more than a reason to ask the provider.
    if (isOperator) {
      const made = { transactionId: payment_id, paidAtMs: payment_time, remark };
      valueOrThrow(await recordPayment(services, request, made));
    } else {
      valueOrThrow(await claimPayment(services, request, payment_id));
    }
    return c.json(DONE);
  })
  .post('/:id/recharge', operatorsOnly, async function recharge(c) {
    const { api_id, api_order_number, api_trade_num, remark } = valueOrThrow(await readBody(c, rechargeSchema));
    const { order } = await detailOf(c);
    await checkSupplier(c.var.services, api_id);
    const facts = { apiId: api_id, apiOrderNumber: api_order_number, apiTradeNum: api_trade_num };
    await advance(c, order, { to: 'in_progress', remark, facts });
    return c.json(DONE);
  })
  .post('/:id/success', operatorsOnly, async function success(c) {
    const { remark } = valueOrThrow(await readOptionalBody(c, successSchema));
    await advance(c, (await detailOf(c)).order, { to: 'completed', remark });
    return c.json(DONE);
  })
  .post('/:id/fail', operatorsOnly, async function fail(c) {
    const { remark } = valueOrThrow(await readBody(c, failSchema));
    await advance(c, (await detailOf(c)).order, { to: 'failed', remark });
    return c.json(DONE);
  })
  .post('/:id/refund', operatorsOnly, async function refund(c) {
    const wish = valueOrThrow(await readBody(c, refundSchema));
    const request = await requestOf(c);
    valueOrThrow(await requestRefund(c.var.services, { ...request, ...wish, policy: FULFILMENT, approval: 'auto' }));
    return c.json(DONE);
  })
  .post('/:id/cancel', async function cancel(c) {
    await cancelOrder(c, valueOrThrow(await readBody(c, cancelSchema)).reason);
    return c.json(DONE);
  })
  .post('/:id/split', operatorsOnly, async function split(c) {
    const { split_orders: parts, remark } = valueOrThrow(await readBody(c, splitSchema));
    const { order, personal } = await detailOf(c);
    checkStatus(order, 'pending_recharge');
    const details = detailsSchema.parse(order.details);
    if (parts.reduce((sum, { quantity }) => sum + quantity, 0) !== details.quantity) {
      throw new RefusedError({ reason: 'invalid_input', field: 'split_orders', message: '数量之和必须等于订单数量' });
    }
    const orderNos = await splitOrder(c.var.services, {
      ...(await requestOf(c)),
      parts: parts.map(({ quantity, amount }) => ({
        amountFen: amount,
        details: { ...details, quantity, parentNo: order.orderNo },
        personal,
      })),
      remark,
      numberPrefix: NUMBER_PREFIX,
    });
    return c.json(envelope({ split_order_ids: await c.var.services.orders.idsOf(valueOrThrow(orderNos)) }));
  })
  .post('/:id/partial', operatorsOnly, async function partial(c) {
    const input = valueOrThrow(await readBody(c, partialSchema));
    const { recharged_quantity: rechargedQuantity, remaining_quantity: remainingQuantity, remark } = input;
    const { order } = await detailOf(c);
    checkStatus(order, 'recharging');
    const { quantity } = detailsSchema.parse(order.details);
    if (rechargedQuantity + remainingQuantity !== quantity) {
      const message = '与 recharged_quantity 之和必须等于订单数量';
      throw new RefusedError({ reason: 'invalid_input', field: 'remaining_quantity', message });
    }
    await advance(c, order, {
      to: 'partially_fulfilled',
      remark,
      facts: { rechargedQuantity, remainingQuantity },
      heldBackFen: order.amountFen - remainingShareOf(order.amountFen, remainingQuantity, quantity),
    });
    return c.json(DONE);
  });
