/** The calls below `/API/order`: parse, one verb of the core, render. */

import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { valueOrThrow } from '../../core/errors.ts';
import { endUnpaidOrder } from '../../core/order/end-unpaid-order.ts';
import { findOrderDetail } from '../../core/order/find-orders.ts';
import { placeOrder } from '../../core/order/place-order.ts';
import { requestRefund } from '../../core/refund/request-refund.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { readIdempotencyKey } from '../../http/idempotency-key.ts';
import { refuseInvalid } from '../../http/invalid-input.ts';
import { readBody } from '../../http/read-body.ts';
import { asCaller } from './as-caller.ts';
import { refsOf } from './catalog-rows.ts';
import { findUser } from './find-user.ts';
import { offerOf } from './offer.ts';
import { DONE, envelope, renderDetail, renderPlaced } from './render.ts';
import { cancelSchema, orderSchema, refundSchema, verifySchema } from './schema.ts';
import { FULFILMENT, NAME } from './status.ts';

export const orderRoutes = new Hono<AppEnv>({ strict: false })
  .post('/verify', async function verify(c) {
    const wanted = valueOrThrow(await readBody(c, verifySchema));
    const placed = await placeOrder(c.var.services, {
      dialect: NAME,
      caller: c.var.caller,
      userId: c.var.caller.userId,
      items: refsOf(wanted),
      offer: (items) => offerOf(items, wanted),
      idempotency: valueOrThrow(await readIdempotencyKey(c, `POST ${NAME}`)),
    });
    return c.json(envelope(renderPlaced(valueOrThrow(placed))));
  })
  .get('/detail', zValidator('query', orderSchema, refuseInvalid), async function detail(c) {
    const { orderID } = c.req.valid('query');
    const { services } = c.var;
    const found = valueOrThrow(await findOrderDetail(services, { orderNo: orderID }, asCaller(c).scope));
    return c.json(envelope(renderDetail(found, await findUser(services, found.order.userId))));
  })
  .put('/cancel', async function cancel(c) {
    const { orderID } = valueOrThrow(await readBody(c, cancelSchema));
    const command = { type: 'cancel', reason: null } as const;
    valueOrThrow(await endUnpaidOrder(c.var.services, { orderNo: orderID, ...asCaller(c), command }));
    return c.json(DONE);
  })
  .post('/refund', async function refund(c) {
    const { orderID, reason } = valueOrThrow(await readBody(c, refundSchema));
    const { services } = c.var;
    const requested = await requestRefund(services, {
      orderNo: orderID,
      ...asCaller(c),
      amountFen: 'all',
      policy: FULFILMENT,
      reason,
      approval: services.settings.refundApproval,
    });
    valueOrThrow(requested);
    return c.json(DONE);
  });
