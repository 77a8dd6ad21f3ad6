/** The operator API: one surface like a dialect, in the core's own words. */

import { Hono } from 'hono';
import type { Refusal } from '../core/errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import type { Surface } from '../http/serve-surface.ts';

export const admin: Surface = {
  routes: new Hono<AppEnv>(),
  renderRefusal: (refusal: Refusal) => ({ status: 500, body: { reason: refusal.reason } }),
};
