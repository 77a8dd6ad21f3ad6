/** Reads a request's body and checks it against a schema. */

import type { Context } from 'hono';
import type * as z from 'zod';
import { accept, type Result } from '../core/errors.ts';
import type { AppEnv } from './app-env.ts';
import { invalidInput } from './invalid-input.ts';
import { parseBody } from './parse-body.ts';

/**
 * The body as its schema says: JSON or a form, whichever the content type names. Refuses `invalid_input`, naming the
 * first field at fault, or `body` for one that cannot be read at all: no guess is made at what a body might be.
 */
export async function readBody<Schema extends z.ZodType>(
  c: Context<AppEnv>,
  schema: Schema,
): Promise<Result<z.output<Schema>>> {
  const raw = await parseBody(c);
  if (!raw.ok) return raw;
  const parsed = schema.safeParse(raw.value);
  return parsed.success ? accept(parsed.data) : { ok: false, refusal: invalidInput(parsed.error.issues) };
}
