/** Lets nobody past without a valid token, and nobody past too often. */

import { createMiddleware } from 'hono/factory';
import type { Context } from 'hono';
import type { Caller } from '../core/caller.ts';
import { RefusedError } from '../core/errors.ts';
import type { AppEnv } from './app-env.ts';

const WINDOW_SECONDS = 60;

/** Counts the request against its user, or its address without a valid token; then refuses `unauthenticated`. */
export const authenticate = createMiddleware<AppEnv>(async function authenticate(c, next) {
  const caller = await bearerOf(c);
  const key = caller ? `user:${caller.userId}` : `address:${c.req.header('cf-connecting-ip') ?? 'unknown'}`;
  if (!(await c.var.isWithinLimit(key))) {
    throw new RefusedError({ reason: 'rate_limited', retryAfterSeconds: WINDOW_SECONDS });
  }
  if (!caller) throw new RefusedError({ reason: 'unauthenticated' });
  c.set('caller', caller);
  await next();
});

/** Refuses `forbidden` to everybody but operators. */
export const operatorsOnly = createMiddleware<AppEnv>(async function operatorsOnly(c, next) {
  if (c.var.caller.role !== 'operator') throw new RefusedError({ reason: 'forbidden' });
  await next();
});

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-11.4: the scheme in any case, then one blank or more */
async function bearerOf(c: Context<AppEnv>): Promise<Caller | null> {
  const match = /^Bearer +([\w.~+/-]+=*)$/i.exec(c.req.header('authorization') ?? '');
  return match?.[1] ? c.var.identify(match[1]) : null;
}
