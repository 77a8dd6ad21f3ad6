/** The calls below `/API/orders`: a user's own orders by page, and how many there are of each kind. */

import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { pageOrders } from '../../core/order/find-orders.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { refuseInvalid } from '../../http/invalid-input.ts';
import { envelope, renderAmounts, renderListed } from './render.ts';
import { listSchema } from './schema.ts';
import { NAME, statesOf } from './status.ts';

export const listRoutes = new Hono<AppEnv>({ strict: false })
  .get('/info', zValidator('query', listSchema, refuseInvalid), async function info(c) {
    const { limits, page, type } = c.req.valid('query');
    const { userId } = c.var.caller;
    const query = { dialect: NAME, userId, states: statesOf(type), fromMs: null, toMs: null };
    const { views } = await pageOrders(c.var.services, query, { number: page, size: limits });
    return c.json(envelope(views.map(renderListed)));
  })
  .get('/amount', async function amount(c) {
    const { userId } = c.var.caller;
    return c.json(envelope(renderAmounts(await c.var.services.orders.tally({ dialect: NAME, userId }))));
  });
