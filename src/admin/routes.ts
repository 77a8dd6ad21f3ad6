/** The calls of the operator API, by the noun they begin with. Nobody but operators gets past this file. */

import { Hono } from 'hono';
import type { AppEnv } from '../http/app-env.ts';
import { operatorsOnly } from '../http/authenticate.ts';
import type { AdminDialect } from './admin-dialect.ts';
import { createCatalogRoutes } from './catalog.ts';
import { notificationRoutes } from './notifications.ts';
import { createOrderRoutes } from './orders.ts';
import { paymentRoutes } from './payments.ts';
import { refundRoutes } from './refunds.ts';

/** All of them, in the order of the contract. */
export function createRoutes(dialects: readonly AdminDialect[]): Hono<AppEnv> {
  return new Hono<AppEnv>({ strict: false })
    .use(operatorsOnly)
    .route('/orders', createOrderRoutes(dialects))
    .route('/refunds', refundRoutes)
    .route('/payments', paymentRoutes)
    .route('/catalog', createCatalogRoutes(dialects))
    .route('/notifications', notificationRoutes);
}
