/** Technician booking: the contract of `/V1/order`. */

import { numericRowId } from '../../http/catalog-kind.ts';
import { defineDialect } from '../dialect.ts';
import { renderRefusal } from './errors.ts';
import { NAME, routes } from './routes.ts';
import { SERVICES, serviceSchema, TECHNICIANS, technicianSchema } from './schema.ts';
import { FULFILMENT } from './status.ts';

export const technicianBooking = defineDialect({
  name: NAME,
  routes: { '/V1/order': { routes } },
  renderRefusal: (refusal) => renderRefusal(refusal),
  fulfilment: FULFILMENT,
  catalog: {
    [SERVICES]: { id: numericRowId, body: serviceSchema },
    [TECHNICIANS]: { id: numericRowId, body: technicianSchema },
  },
});
