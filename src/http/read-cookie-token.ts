/** For pages that keep their token in a cookie: it counts only where the request comes from a page of ours. */

import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { RefusedError } from '../core/errors.ts';
import type { AppEnv } from './app-env.ts';
import { readBearer } from './authenticate.ts';

const COOKIE = 'token';

/**
 * The token of the header, or else of the cookie `token`. Refuses `forbidden` for a cookie that another site's page had
 * its browser send along. A request that does not say where it comes from comes from no browser of today.
 * @see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 */
export function readCookieToken(c: Context<AppEnv>): string | null {
  const bearer = readBearer(c);
  if (bearer !== null) return bearer;
  const token = getCookie(c, COOKIE) ?? null;
  if (token !== null && !isFromUs(c)) throw new RefusedError({ reason: 'forbidden' });
  return token;
}

/** Whatever says where the request comes from has to say: from here, or from a page that the operator trusts. */
function isFromUs(c: Context<AppEnv>): boolean {
  const { publicUrl, corsOrigins } = c.var.services.settings;
  const trusted = [new URL(publicUrl).origin, new URL(c.req.url).origin, ...corsOrigins];
  const origin = c.req.header('origin');
  if (origin !== undefined) return trusted.includes(origin);
  const site = c.req.header('sec-fetch-site');
  const referer = c.req.header('referer');
  if (referer !== undefined && URL.canParse(referer)) return trusted.includes(new URL(referer).origin);
  return site === undefined || site === 'same-origin' || site === 'none';
}
