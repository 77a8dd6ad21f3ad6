/** The approval desk: the refunds that were asked for, and an operator's word on them. */

import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { actorOf } from '../core/caller.ts';
import { valueOrThrow } from '../core/errors.ts';
import { decideRefund } from '../core/refund/decide-refund.ts';
import { readableRefunds } from '../core/refund/readable-refunds.ts';
import type { AppEnv } from '../http/app-env.ts';
import { refuseInvalid } from '../http/invalid-input.ts';
import { readBody } from '../http/read-body.ts';
import { readOptionalBody } from '../http/read-optional-body.ts';
import { readPage } from './read-page.ts';
import { renderRefund } from './render.ts';
import { showRefund } from './show-refund.ts';
import { optionalReasonSchema, reasonSchema, refundListSchema } from './schema.ts';

/** The calls below `/admin/refunds`. */
export const refundRoutes = new Hono<AppEnv>({ strict: false })
  .get('/', zValidator('query', refundListSchema, refuseInvalid), async function list(c) {
    const wanted = c.req.valid('query');
    const { services } = c.var;
    const read = async (limit: number) => readableRefunds(services, await services.refunds.list({ ...wanted, limit }));
    return c.json(await readPage(wanted.limit, read, renderRefund));
  })
  .post('/:refundNo/approve', async function approve(c) {
    const { reason } = valueOrThrow(await readOptionalBody(c, optionalReasonSchema));
    const word = { actor: actorOf(c.var.caller), reason };
    const decided = await decideRefund(c.var.services, c.req.param('refundNo'), 'approve', word);
    return c.json(await showRefund(c.var.services, valueOrThrow(decided).refund));
  })
  .post('/:refundNo/reject', async function reject(c) {
    const { reason } = valueOrThrow(await readBody(c, reasonSchema));
    const word = { actor: actorOf(c.var.caller), reason };
    const decided = await decideRefund(c.var.services, c.req.param('refundNo'), 'reject', word);
    return c.json(await showRefund(c.var.services, valueOrThrow(decided).refund));
  });
