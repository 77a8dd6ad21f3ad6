/** What a dialect declares of its catalogue rows, and what operators' rows are checked against. */

import type * as z from 'zod';

/** A kind of catalogue row: what its id may look like, and the fields that its body has. */
export type CatalogKind = {
  id: z.ZodType<string>;
  body: z.ZodType<Record<string, unknown>>;
  /** The fields of the body that are about a person: kept sealed. */
  personal?: readonly string[];
};
