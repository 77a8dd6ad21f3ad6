/** The calls below `/API/pay`: starting a payment, and asking how it goes. */

import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { valueOrThrow } from '../../core/errors.ts';
import { findOrder } from '../../core/order/find-orders.ts';
import { startPayment } from '../../core/payment/start-payment.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { refuseInvalid } from '../../http/invalid-input.ts';
import { asCaller } from './as-caller.ts';
import { codeAddress } from './code-address.ts';
import { envelope } from './render.ts';
import { paymentSchema, tradeSchema } from './schema.ts';
import { METHODS, STATE } from './status.ts';

export const payRoutes = new Hono<AppEnv>({ strict: false })
  .get('/payment', zValidator('query', paymentSchema, refuseInvalid), async function payment(c) {
    const { orderID, payway } = c.req.valid('query');
    const { services } = c.var;
    const started = await startPayment(services, {
      orderNo: orderID,
      ...asCaller(c),
      methods: [METHODS[payway]],
      // As long as the order: the core ends it where the order or the provider does.
      slipMs: services.settings.orderTtlMs,
      whenOpen: 'hand_out_again',
      payerId: null,
    });
    const { prepay } = valueOrThrow(started);
    return c.json(
      envelope(
        prepay.kind === 'qr_code' ? { QRCode: await codeAddress(services, prepay.codeUrl) } : { payform: prepay.form },
      ),
    );
  })
  .get('/trade', zValidator('query', tradeSchema, refuseInvalid), async function trade(c) {
    const found = await findOrder(c.var.services, c.req.valid('query').orderID, asCaller(c).scope);
    return c.json(envelope({ state: STATE[valueOrThrow(found).listedState] }));
  });
