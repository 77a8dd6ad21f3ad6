/** The dialects that this service speaks, one line each. */

import type { Dialect } from './dialect.ts';
import { medicalCompanion } from './medical-companion/index.ts';
import { printShop } from './print-shop/index.ts';
import { recharge } from './recharge/index.ts';
import { subscription } from './subscription/index.ts';
import { technicianBooking } from './technician-booking/index.ts';

export const dialects: readonly Dialect[] = [technicianBooking, medicalCompanion, recharge, printShop, subscription];
