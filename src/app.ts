/** Mounts the dialects, the operator API and the callbacks, one line each. */

import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { createAdmin } from './admin/index.ts';
import { compose, isWithinLimit, prepare } from './compose.ts';
import { type Refusal, RefusedError } from './core/errors.ts';
import { describeError, writeLog } from './core/log.ts';
import { isStorageError, storageText } from './db/storage-error.ts';
import { dialects } from './dialects/index.ts';
import type { AppEnv } from './http/app-env.ts';
import { createCallbacks } from './http/callbacks.ts';
import { sendRefusal } from './http/send-refusal.ts';
import { limitBody, serveSurface } from './http/serve-surface.ts';
import { checkReadiness } from './readiness.ts';

const BOOKMARK_HEADER = 'x-d1-bookmark';

/** Each provider's callback. The booking document has the same ones below `/V1`. */
const callbacks = createCallbacks({
  '/callback/alipay': 'alipay',
  '/V1/callback/alipay': 'alipay',
  '/callback/wechat': 'wechat-pay',
  '/V1/callback/wechat': 'wechat-pay',
  '/callback/wechat/refund': 'wechat-pay',
});

/** Gives every request its services, and its client the bookmark of what they read and wrote. */
const provideServices = createMiddleware<AppEnv>(async function provideServices(c, next) {
  const prepared = await prepare(c.env);
  if (!prepared.ok) throw new RefusedError({ reason: 'misconfigured', message: prepared.problems.join('; ') });
  const { isolate } = prepared;
  // What writes has to see the newest of everything; what reads may ask a replica that is as far as its client was.
  const isRead = c.req.method === 'GET' && !c.req.path.startsWith('/admin/');
  const bookmark = isRead ? (c.req.header(BOOKMARK_HEADER) ?? null) : 'first-primary';
  const { services, session } = compose(c.env, isolate, c.executionCtx, bookmark);
  c.set('services', services);
  c.set('identify', isolate.identify);
  c.set('isWithinLimit', (key) => isWithinLimit(c, key));
  await next();
  const seen = session.bookmark();
  if (seen !== null) c.header(BOOKMARK_HEADER, seen);
});

/** Lets browsers of the configured origins in; none is the default. */
const allowOrigins = createMiddleware<AppEnv>(async function allowOrigins(c, next) {
  const prepared = await prepare(c.env);
  const origin = prepared.ok ? [...prepared.isolate.corsOrigins] : [];
  const exposeHeaders = [BOOKMARK_HEADER, 'Retry-After'];
  // Some pages keep their token in a cookie; where it is taken, the dialect asks where the request comes from.
  return origin.length === 0 ? next() : cors({ origin, exposeHeaders, credentials: true })(c, next);
});

/** A dialect that `DIALECTS` does not list is as if it were not there. */
function onlyIfServed(name: string) {
  return createMiddleware<AppEnv>(async function ifServed(c, next) {
    const prepared = await prepare(c.env);
    return prepared.ok && !prepared.isolate.dialects.includes(name) ? c.notFound() : next();
  });
}

/** Builds the app. It holds nothing of any environment: each request brings its own. */
export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ strict: false });
  app.use(requestId(), secureHeaders({ overwrite: false }), allowOrigins);
  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.get('/ready', async (c) => {
    const { ready, checks } = await checkReadiness(c.env);
    return c.json({ status: ready ? 'ok' : 'unready', checks }, ready ? 200 : 503);
  });
  for (const dialect of dialects) {
    for (const [path, routes] of Object.entries(dialect.routes)) {
      app.use(`${path}/*`, onlyIfServed(dialect.name));
      app.route(path, serveSurface({ ...dialect, ...routes }, provideServices, readFailure));
    }
  }
  app.route('/admin', serveSurface(createAdmin(dialects), provideServices, readFailure));
  app.use('*', provideServices, limitBody);
  app.route('/', callbacks);
  app.notFound((c) => sendPlain(c, { reason: 'route_not_found' }));
  app.onError((error, c) => sendPlain(c, readFailure(error) ?? { reason: 'busy' }));
  return app;
}

/** What went wrong, for the caller; a fault of our own is logged by name alone, for its message may quote values. */
function readFailure(error: unknown): Refusal | null {
  if (error instanceof RefusedError) return error.refusal;
  if (isStorageError(error)) {
    writeLog('alert', 'storage_unanswered', { cause: storageText(error) });
    return { reason: 'busy', retryAfterSeconds: 1 };
  }
  if (error instanceof HTTPException && error.status < 500) return { reason: 'invalid_input', field: 'body' };
  writeLog('alert', 'unexpected_error', describeError(error));
  return null;
}

const PLAIN_STATUS: Partial<Record<Refusal['reason'], 404 | 413 | 503>> = {
  route_not_found: 404,
  payload_too_large: 413,
  misconfigured: 503,
  busy: 503,
};

/** The shape of what belongs to no dialect. */
function sendPlain(c: Context<AppEnv>, refusal: Refusal): Response {
  const status = PLAIN_STATUS[refusal.reason] ?? 500;
  const message = refusal.message === undefined ? {} : { message: refusal.message };
  return sendRefusal(c, refusal, { status, body: { error: refusal.reason, ...message } });
}
