/** The medical companion: the contract of `/api/order`. */

import { numericRowId } from '../../http/catalog-kind.ts';
import { defineDialect } from '../dialect.ts';
import { userKind, USERS } from '../users.ts';
import { renderRefusal } from './errors.ts';
import { NAME, routes } from './routes.ts';
import { ADDRESSES, addressSchema, PATIENTS, patientSchema, SERVICES, serviceSchema } from './schema.ts';
import { FULFILMENT } from './status.ts';

export const medicalCompanion = defineDialect({
  name: NAME,
  routes: { '/api/order': { routes } },
  renderRefusal,
  fulfilment: FULFILMENT,
  catalog: {
    [SERVICES]: { id: numericRowId, body: serviceSchema },
    [PATIENTS]: { id: numericRowId, body: patientSchema, personal: ['name', 'phone'] },
    [ADDRESSES]: { id: numericRowId, body: addressSchema, personal: ['address'] },
    [USERS]: userKind,
  },
});
