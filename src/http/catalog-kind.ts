/** What a dialect declares of its catalogue rows, and what operators' rows are checked against. */

import * as z from 'zod';
import { PLAIN_LINE } from './plain-text.ts';

/** A kind of catalogue row: what its id may look like, and the fields that its body has. */
export type CatalogKind = {
  id: z.ZodType<string>;
  body: z.ZodType<Record<string, unknown>>;
  /** The fields of the body that are about a person: kept sealed. */
  personal?: readonly string[];
  /** A field that no two rows of the kind have the same of: the database holds them to it. */
  unique?: string;
  /**
   * Its rows are people with an account, by the row's id. Beside the fields of the body, operators see and set their
   * balance: it is no field of the row, but what the ledger adds up to.
   */
  hasAccount?: true;
};

/** One line in a catalogue that a person reads, in an app or in the cashier. */
export const catalogLine = z.string().min(1).max(256).regex(PLAIN_LINE, { error: 'must be plain text' });

/** The ids of rows that documents show as numbers. */
export const numericRowId = z.string().regex(/^[1-9]\d{0,14}$/, { error: 'must be a positive whole number' });
