/** Subscriptions: the contract of `/user/order`, at the panel's old path and at its newer one. */

import { readAuthData } from '../../http/read-auth-data.ts';
import { defineDialect } from '../dialect.ts';
import { userKind, USERS } from '../users.ts';
import { KINDS } from './catalog-rows.ts';
import { renderRefusal } from './errors.ts';
import { routes } from './routes.ts';
import { FULFILMENT, NAME } from './status.ts';

export const subscription = defineDialect({
  name: NAME,
  routes: { '/user/order': { routes }, '/api/v1/user/order': { routes } },
  readToken: readAuthData,
  renderRefusal,
  fulfilment: FULFILMENT,
  catalog: { ...KINDS, [USERS]: userKind },
});
