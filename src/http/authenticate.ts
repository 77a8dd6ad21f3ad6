/** Lets nobody past without a valid token, and nobody past too often. */

import { createMiddleware } from 'hono/factory';
import type { Context } from 'hono';
import type { Caller } from '../core/caller.ts';
import { RefusedError } from '../core/errors.ts';
import type { AppEnv } from './app-env.ts';

const WINDOW_SECONDS = 60;

/** Where a surface finds the token of a request: the token, or `null` where there is none. May throw a refusal. */
export type ReadToken = (c: Context<AppEnv>) => string | null | Promise<string | null>;

/** Counts the request against its user, or its address without a valid token; then refuses `unauthenticated`. */
export function authenticate(readToken: ReadToken = readBearer) {
  return createMiddleware<AppEnv>(async function identifyCaller(c, next) {
    const token = await readToken(c);
    const caller: Caller | null = token === null ? null : await c.var.identify(token);
    await countRequest(c, caller);
    if (!caller) throw new RefusedError({ reason: 'unauthenticated' });
    c.set('caller', caller);
    await next();
  });
}

/** For calls that ask for no token: counts the request against its address. */
export const limitAddress = createMiddleware<AppEnv>(async function limitAddress(c, next) {
  await countRequest(c, null);
  await next();
});

/** Refuses `rate_limited`. */
async function countRequest(c: Context<AppEnv>, caller: Caller | null): Promise<void> {
  const key = caller ? `user:${caller.userId}` : `address:${c.req.header('cf-connecting-ip') ?? 'unknown'}`;
  if (!(await c.var.isWithinLimit(key))) {
    throw new RefusedError({ reason: 'rate_limited', retryAfterSeconds: WINDOW_SECONDS });
  }
}

/** Refuses `forbidden` to everybody but operators. */
export const operatorsOnly = createMiddleware<AppEnv>(async function operatorsOnly(c, next) {
  if (c.var.caller.role !== 'operator') throw new RefusedError({ reason: 'forbidden' });
  await next();
});

/**
 * The token of the `Authorization` header.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.4: the scheme in any case, then one blank or more
 */
export const readBearer = (c: Context<AppEnv>): string | null =>
  /^Bearer +([\w.~+/-]+=*)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? null;
