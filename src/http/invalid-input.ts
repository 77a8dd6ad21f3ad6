/** The refusal for input that does not pass its schema. */

import type * as z from 'zod';
import { type Fault, type Refusal, RefusedError } from '../core/errors.ts';

/** How much of a name is repeated: a field that no schema knows is named by the client, at any length. */
const MAX_NAME_CHARACTERS = 64;

/** How many fields are named: a body can hold thousands that no schema knows. */
const MAX_FAULTS = 20;

/** Names the first field at fault, and says what is wrong with it in the schema's own words; beside it, all of them. */
export function invalidInput(issues: readonly z.core.$ZodIssue[]): Refusal {
  const faults = issues.slice(0, MAX_FAULTS).flatMap(faultsOf).slice(0, MAX_FAULTS);
  return { reason: 'invalid_input', ...(faults[0] ?? { field: BODY, message: '' }), faults };
}

/** What is said of a body that is wrong as a whole. */
const BODY = 'body';

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const { path, message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ field: nameOf(path), message }];
  return issue.keys.slice(0, MAX_FAULTS).map((key) => ({ field: nameOf([...path, key]), message }));
}

function nameOf(path: readonly PropertyKey[]): string {
  const name = Array.from(path.join('.')).slice(0, MAX_NAME_CHARACTERS).join('');
  return name === '' ? BODY : name;
}

/** The hook of `zValidator`: throws {@link invalidInput} instead of answering by itself. */
export function refuseInvalid(result: { success: true } | { success: false; error: z.core.$ZodError }): void {
  if (!result.success) throw new RefusedError(invalidInput(result.error.issues));
}
