/** Recharge: the contract of `/api/v1/order`. */

import { numericRowId } from '../../http/catalog-kind.ts';
import { defineDialect } from '../dialect.ts';
import { userKind, USERS } from '../users.ts';
import { renderRefusal } from './errors.ts';
import { NAME, routes } from './routes.ts';
import { PRODUCTS, productSchema, SUPPLIERS, supplierSchema } from './schema.ts';
import { FULFILMENT } from './status.ts';

export const recharge = defineDialect({
  name: NAME,
  routes: { '/api/v1/order': { routes } },
  renderRefusal,
  fulfilment: FULFILMENT,
  catalog: {
    [PRODUCTS]: { id: numericRowId, body: productSchema },
    [SUPPLIERS]: { id: numericRowId, body: supplierSchema },
    [USERS]: userKind,
  },
});
