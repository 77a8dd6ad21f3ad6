/** The refusal for input that does not pass its schema. */

import type * as z from 'zod';
import { type Refusal, RefusedError } from '../core/errors.ts';

/** How much of a name is repeated: a field that no schema knows is named by the client, at any length. */
const MAX_NAME_CHARACTERS = 64;

/** Names the first field at fault, and says what is wrong with it in the schema's own words. */
export function invalidInput(issues: readonly z.core.$ZodIssue[]): Refusal {
  const [first] = issues;
  const unknownKey = first?.code === 'unrecognized_keys' ? first.keys[0] : undefined;
  const path = [...(first?.path ?? []), ...(unknownKey === undefined ? [] : [unknownKey])].join('.');
  const field = Array.from(path).slice(0, MAX_NAME_CHARACTERS).join('');
  return { reason: 'invalid_input', field: field === '' ? 'body' : field, message: first?.message ?? '' };
}

/** The hook of `zValidator`: throws {@link invalidInput} instead of answering by itself. */
export function refuseInvalid(result: { success: true } | { success: false; error: z.core.$ZodError }): void {
  if (!result.success) throw new RefusedError(invalidInput(result.error.issues));
}
