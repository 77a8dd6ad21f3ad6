/** Reads a request's body and checks it against a schema. */

import type { Context } from 'hono';
import type * as z from 'zod';
import { accept, refuse, type Result } from '../core/errors.ts';
import type { AppEnv } from './app-env.ts';
import { invalidInput } from './invalid-input.ts';

/** How deep a body may be nested: no published body goes deeper than four. */
const MAX_DEPTH = 20;

/**
 * The body as its schema says. JSON, or a form where the content type says so. Refuses `invalid_input`, naming the
 * first field at fault, or `body` for one that cannot be read at all.
 */
export async function readBody<Schema extends z.ZodType>(
  c: Context<AppEnv>,
  schema: Schema,
): Promise<Result<z.output<Schema>>> {
  const bytes = await c.req.arrayBuffer();
  const text = decode(bytes);
  if (text === null) return refuse('invalid_input', { field: 'body', message: '不是有效的 UTF-8 文本' });
  const raw = isForm(c) ? parseForm(text) : parseJson(text);
  if (!raw.ok) return raw;
  const parsed = schema.safeParse(raw.value);
  return parsed.success ? accept(parsed.data) : { ok: false, refusal: invalidInput(parsed.error.issues) };
}

function decode(bytes: ArrayBuffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

function isForm(c: Context<AppEnv>): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(c.req.header('content-type') ?? '');
}

function parseForm(text: string): Result<unknown> {
  const entries = [...new URLSearchParams(text)];
  const fields = Object.fromEntries(entries);
  return Object.keys(fields).length === entries.length
    ? accept(fields)
    : refuse('invalid_input', { field: 'body', message: '同一字段出现了多次' });
}

function parseJson(text: string): Result<unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (depthOf(value) <= MAX_DEPTH) return accept(value);
    return refuse('invalid_input', { field: 'body', message: '嵌套过深' });
  } catch {
    return refuse('invalid_input', { field: 'body', message: '不是有效的 JSON' });
  }
}

/** How deep a value is nested; stops counting where it is too deep anyway. */
function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return depth;
  return Object.values(value).reduce((deepest: number, one) => Math.max(deepest, depthOf(one, depth + 1)), depth + 1);
}
