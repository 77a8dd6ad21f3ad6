/** Payments: asking the provider about one of them now. */

import { Hono } from 'hono';
import { accept, refuse, type Result, valueOrThrow } from '../core/errors.ts';
import { orderNoOf } from '../core/payment/attempt.ts';
import { queryPayment } from '../core/payment/query-payment.ts';
import type { Services } from '../core/services.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readOptionalBody } from '../http/read-optional-body.ts';
import { renderAttempt } from './render.ts';
import { nothingSchema } from './schema.ts';

/** The call below `/admin/payments`: `result` is what was found, and the attempt is as that has left it. */
export const paymentRoutes = new Hono<AppEnv>({ strict: false }).post('/:outTradeNo/query', async function query(c) {
  valueOrThrow(await readOptionalBody(c, nothingSchema));
  const outTradeNo = c.req.param('outTradeNo');
  const result = valueOrThrow(await queryPayment(c.var.services, outTradeNo));
  return c.json({ result, attempt: valueOrThrow(await showAttempt(c.var.services, outTradeNo)) });
});

/** Its order is read whole, because the provider's number of a payment is kept with the money. */
async function showAttempt(services: Services, outTradeNo: string): Promise<Result<ReturnType<typeof renderAttempt>>> {
  const history = await services.orders.history(orderNoOf(outTradeNo));
  const attempt = history?.state.attempts.find((one) => one.outTradeNo === outTradeNo);
  return history && attempt ? accept(renderAttempt(attempt, history.state.captures)) : refuse('attempt_not_found');
}
