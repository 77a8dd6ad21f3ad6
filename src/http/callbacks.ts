/** Where providers tell us of payments. No token: the signature is the proof. */

import { Hono } from 'hono';
import { RefusedError } from '../core/errors.ts';
import { receiveNotification } from '../core/payment/receive-notification.ts';
import type { AppEnv } from './app-env.ts';

/** A callback for each path, handled by the provider of that name, if it is configured. */
export function createCallbacks(providersByPath: Readonly<Record<string, string>>): Hono<AppEnv> {
  const callbacks = new Hono<AppEnv>({ strict: false });
  for (const [path, name] of Object.entries(providersByPath)) {
    callbacks.post(path, async (c) => {
      const provider = c.var.services.providers.get(name);
      if (!provider) throw new RefusedError({ reason: 'route_not_found' });
      const body = new TextDecoder().decode(await c.req.arrayBuffer());
      const request = { headers: c.req.raw.headers, body };
      const answer = await receiveNotification(c.var.services, provider, request);
      return c.body(answer.body, answer.status, { 'content-type': answer.contentType });
    });
  }
  return callbacks;
}
