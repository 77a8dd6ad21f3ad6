/** Orders: searching them, one of them whole, the work on it, its cancellation, and its money back. */

import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { actorOf } from '../core/caller.ts';
import { accept, refuse, type Result, valueOrThrow } from '../core/errors.ts';
import { advanceFulfilment } from '../core/order/advance-fulfilment.ts';
import type { FulfilmentPolicy } from '../core/order/command.ts';
import { endUnpaidOrder } from '../core/order/end-unpaid-order.ts';
import { findHistory } from '../core/order/find-history.ts';
import { isOrderNo } from '../core/order/order-number.ts';
import { requestRefund } from '../core/refund/request-refund.ts';
import type { Services } from '../core/services.ts';
import type { AppEnv } from '../http/app-env.ts';
import { refuseInvalid } from '../http/invalid-input.ts';
import { readBody } from '../http/read-body.ts';
import type { AdminDialect } from './admin-dialect.ts';
import { readPage } from './read-page.ts';
import { renderHistory, renderOrder } from './render.ts';
import { showRefund } from './show-refund.ts';
import { ANY_ORDER, createOrderSearchSchema, fulfilmentSchema, reasonSchema, refundSchema } from './schema.ts';

/** The calls below `/admin/orders`. */
export function createOrderRoutes(dialects: readonly AdminDialect[]): Hono<AppEnv> {
  const searchSchema = createOrderSearchSchema(dialects.map(({ name }) => name));
  return new Hono<AppEnv>({ strict: false })
    .get('/', zValidator('query', searchSchema, refuseInvalid), async function search(c) {
      const wanted = c.req.valid('query');
      const read = (limit: number) => c.var.services.orders.search({ ...wanted, limit });
      return c.json(await readPage(wanted.limit, read, renderOrder));
    })
    .get('/:orderNo', async function detail(c) {
      return c.json(renderHistory(valueOrThrow(await findHistory(c.var.services, c.req.param('orderNo')))));
    })
    .post('/:orderNo/fulfilment', async function fulfil(c) {
      const { to, remark } = valueOrThrow(await readBody(c, fulfilmentSchema));
      const orderNo = c.req.param('orderNo');
      const policy = valueOrThrow(await findPolicy(c.var.services, dialects, orderNo));
      const move = { to, remark, policy, actor: actorOf(c.var.caller) };
      return c.json(renderOrder(valueOrThrow(await advanceFulfilment(c.var.services, orderNo, move))));
    })
    .post('/:orderNo/cancel', async function cancel(c) {
      const { reason } = valueOrThrow(await readBody(c, reasonSchema));
      const request = {
        orderNo: c.req.param('orderNo'),
        scope: 'everything',
        actor: actorOf(c.var.caller),
        command: { type: 'cancel', reason },
      } as const;
      return c.json(renderOrder(valueOrThrow(await endUnpaidOrder(c.var.services, request))));
    })
    .post('/:orderNo/refunds', async function refund(c) {
      const wish = valueOrThrow(await readBody(c, refundSchema));
      const orderNo = c.req.param('orderNo');
      const requested = await requestRefund(c.var.services, {
        ...wish,
        orderNo,
        policy: valueOrThrow(await findPolicy(c.var.services, dialects, orderNo)),
        scope: 'everything',
        actor: actorOf(c.var.caller),
        approval: 'auto',
      });
      return c.json(await showRefund(c.var.services, valueOrThrow(requested).refund));
    });
}

/** Of an order whose dialect is not served any more, nothing can be said. */
const NOTHING: FulfilmentPolicy = { moves: {}, refundFrom: [], whileRefunding: 'waits' };

/** Which moves an order's dialect allows. The dialect is one of its terms, so looking it up first is safe. */
async function findPolicy(
  services: Services,
  dialects: readonly AdminDialect[],
  orderNo: string,
): Promise<Result<FulfilmentPolicy>> {
  const [order] = isOrderNo(orderNo) ? await services.orders.search({ ...ANY_ORDER, orderNo, limit: 1 }) : [];
  if (!order) return refuse('order_not_found');
  return accept(dialects.find(({ name }) => name === order.dialect)?.fulfilment ?? NOTHING);
}
