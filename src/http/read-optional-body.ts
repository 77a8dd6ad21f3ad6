/** Reads a body that a client may leave out. */

import type { Context } from 'hono';
import type * as z from 'zod';
import { accept, type Result } from '../core/errors.ts';
import type { AppEnv } from './app-env.ts';
import { readBody } from './read-body.ts';

/** No body at all, with or without a content type, is an empty one; its schema must allow that. */
export async function readOptionalBody<Schema extends z.ZodType>(
  c: Context<AppEnv>,
  schema: Schema,
): Promise<Result<z.output<Schema>>> {
  const { byteLength } = await c.req.arrayBuffer();
  return byteLength === 0 ? accept(schema.parse({})) : readBody(c, schema);
}
