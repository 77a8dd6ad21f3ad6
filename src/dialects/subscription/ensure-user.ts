/** Whoever holds a valid token is a user: one who has no row yet gets one, with nothing in it. */

import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../../http/app-env.ts';
import { userRef } from './catalog-rows.ts';

/** A row that is remembered is there, or was: it is not asked for again. */
export const ensureUser = createMiddleware<AppEnv>(async function ensureUser(c, next) {
  const { services, caller } = c.var;
  const ref = userRef(caller.userId);
  const [row] = await services.catalog.read([ref], 'warm');
  if (!row) await services.catalog.ensure(ref, services.now());
  await next();
});
