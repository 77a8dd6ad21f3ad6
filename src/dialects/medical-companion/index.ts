/** The medical companion: the contract of `/api/order`. */

import { defineDialect } from '../dialect.ts';
import { userKind, USERS } from '../users.ts';
import { renderRefusal } from './errors.ts';
import { NAME, routes } from './routes.ts';
import {
  ADDRESSES,
  addressSchema,
  catalogIdSchema,
  PATIENTS,
  patientSchema,
  SERVICES,
  serviceSchema,
} from './schema.ts';
import { FULFILMENT } from './status.ts';

export const medicalCompanion = defineDialect({
  name: NAME,
  routes: { '/api/order': { routes } },
  renderRefusal,
  fulfilment: FULFILMENT,
  catalog: {
    [SERVICES]: { id: catalogIdSchema, body: serviceSchema },
    [PATIENTS]: { id: catalogIdSchema, body: patientSchema, personal: ['name', 'phone'] },
    [ADDRESSES]: { id: catalogIdSchema, body: addressSchema, personal: ['address'] },
    [USERS]: userKind,
  },
});
