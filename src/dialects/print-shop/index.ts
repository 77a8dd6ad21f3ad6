/** The print shop: the contract of `/API/order`, `/API/orders` and `/API/pay`. */

import { readCookieToken } from '../../http/read-cookie-token.ts';
import { defineDialect } from '../dialect.ts';
import { userKind, USERS } from '../users.ts';
import { renderRefusal } from './errors.ts';
import { codeRoutes } from './code-routes.ts';
import { listRoutes } from './list-routes.ts';
import { orderRoutes } from './order-routes.ts';
import { payRoutes } from './pay-routes.ts';
import {
  fileIdSchema,
  FILES,
  fileSchema,
  pointIdSchema,
  POINTS,
  pointSchema,
  priceIdSchema,
  PRICES,
  priceSchema,
} from './catalog-rows.ts';
import { FULFILMENT, NAME } from './status.ts';

export const printShop = defineDialect({
  name: NAME,
  routes: {
    '/API/order': { routes: orderRoutes },
    '/API/orders': { routes: listRoutes },
    '/API/pay': { routes: payRoutes, publicRoutes: codeRoutes },
  },
  readToken: readCookieToken,
  renderRefusal,
  fulfilment: FULFILMENT,
  catalog: {
    [POINTS]: { id: pointIdSchema, body: pointSchema },
    [PRICES]: { id: priceIdSchema, body: priceSchema },
    [FILES]: { id: fileIdSchema, body: fileSchema },
    [USERS]: userKind,
  },
});
