/** For documents that show a user as a number: a token whose user is none is not for them. */

import { createMiddleware } from 'hono/factory';
import { RefusedError } from '../core/errors.ts';
import type { AppEnv } from './app-env.ts';

/** Refuses `unauthenticated`. */
export const numericUser = createMiddleware<AppEnv>(async function numericUser(c, next) {
  const { userId } = c.var.caller;
  if (!/^\d{1,16}$/.test(userId) || !Number.isSafeInteger(Number(userId))) {
    throw new RefusedError({ reason: 'unauthenticated' });
  }
  await next();
});
