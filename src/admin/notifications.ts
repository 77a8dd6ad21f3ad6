/** The outbox: what the shop was told, and telling it again. */

import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { RefusedError, valueOrThrow } from '../core/errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import { refuseInvalid } from '../http/invalid-input.ts';
import { readOptionalBody } from '../http/read-optional-body.ts';
import { readPage } from './read-page.ts';
import { renderNotification } from './render.ts';
import { isRowId, notificationListSchema, nothingSchema } from './schema.ts';

/** The calls below `/admin/notifications`. A notification that is to be delivered again goes with the next cron run. */
export const notificationRoutes = new Hono<AppEnv>({ strict: false })
  .get('/', zValidator('query', notificationListSchema, refuseInvalid), async function list(c) {
    const wanted = c.req.valid('query');
    const read = (limit: number) => c.var.services.outbox.list({ ...wanted, limit });
    return c.json(await readPage(wanted.limit, read, renderNotification));
  })
  .post('/:id/redeliver', async function redeliver(c) {
    valueOrThrow(await readOptionalBody(c, nothingSchema));
    const { services } = c.var;
    const id = c.req.param('id');
    const isThere = isRowId(id) && (await services.outbox.redeliver(Number(id), services.now()));
    if (!isThere) throw new RefusedError({ reason: 'notification_not_found' });
    return c.json({ id: Number(id), status: 'pending' }, 202);
  });
