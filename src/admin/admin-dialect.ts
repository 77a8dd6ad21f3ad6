/** What the operator API has to know of each dialect: it imports none. */

import type { FulfilmentPolicy } from '../core/order/command.ts';
import type { CatalogKind } from '../http/catalog-kind.ts';

/** The part of a dialect that operators work with. */
export type AdminDialect = {
  /** As orders carry it. */
  name: string;
  /** The moves of the work on a paid order that operators may make. */
  fulfilment: FulfilmentPolicy;
  /** The catalogue rows that operators keep, by kind. */
  catalog: Readonly<Record<string, CatalogKind>>;
};
