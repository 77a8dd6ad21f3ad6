/** Wraps the routes of one surface: everything below its path is authenticated, bounded, and answers in its shape. */

import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type Refusal, RefusedError } from '../core/errors.ts';
import type { AppEnv } from './app-env.ts';
import { authenticate, type ReadToken } from './authenticate.ts';
import { type Rendered, sendRefusal } from './send-refusal.ts';

/** The largest body that is read: no published call needs a tenth of it. */
export const MAX_BODY_BYTES = 64 * 1024;

/** One surface: routes, and how it says no. */
export type Surface = {
  routes: Hono<AppEnv>;
  /** The request, for a surface that says it in the client's language. */
  renderRefusal: (refusal: Refusal, request: Request) => Rendered;
  /** Where its tokens are, if not only in the `Authorization` header. */
  readToken?: ReadToken;
  /** Calls that anybody may make, such as pictures that a page shows: their addresses say who made them. */
  publicRoutes?: Hono<AppEnv>;
};

/** What an error that reached the edge means; `null` for a fault of our own. */
export type ReadFailure = (error: unknown) => Refusal | null;

/** Refuses `payload_too_large` before anything is parsed. */
export const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new RefusedError({ reason: 'payload_too_large' });
  },
});

/** The surface as an app of its own, with its services put in first: what they lack, too, is said in its shape. */
export function serveSurface(
  { routes, renderRefusal, readToken, publicRoutes }: Surface,
  provideServices: MiddlewareHandler<AppEnv>,
  readFailure: ReadFailure,
): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ strict: false });
  app.use(provideServices);
  if (publicRoutes) app.route('/', publicRoutes);
  // In this order, because a token may be in the body.
  app.use(limitBody, authenticate(readToken));
  app.route('/', routes);
  app.all('*', () => {
    throw new RefusedError({ reason: 'route_not_found' });
  });
  app.onError((error, c) => {
    const refusal = readFailure(error) ?? { reason: 'busy' };
    return sendRefusal(c, refusal, renderRefusal(refusal, c.req.raw));
  });
  return app;
}
