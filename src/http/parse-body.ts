/** Reads a request's body as it was sent: JSON or a form, whichever the content type names. */

import type { Context } from 'hono';
import { accept, refuse, type Result } from '../core/errors.ts';
import type { AppEnv } from './app-env.ts';
import { hasDuplicateKeys } from './has-duplicate-keys.ts';

/** How deep a body may be nested: no published body goes deeper than four. */
const MAX_DEPTH = 20;

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** Its value, held against nothing yet. Refuses `invalid_input` for a `body` that cannot be read: no guess is made at it. */
export async function parseBody(c: Context<AppEnv>): Promise<Result<unknown>> {
  const parse = parserOf(c.req.header('content-type') ?? '');
  if (parse === null) return unreadable('须为 application/json 或 application/x-www-form-urlencoded');
  const text = decode(await c.req.arrayBuffer());
  return text === null ? unreadable('不是有效的 UTF-8 文本') : parse(text);
}

function parserOf(contentType: string): ((text: string) => Result<unknown>) | null {
  if (JSON_TYPE.test(contentType)) return parseJson;
  return FORM_TYPE.test(contentType) ? parseForm : null;
}

/** A byte order mark stays in the text, where no JSON and no field's name begins with one. */
function decode(bytes: ArrayBuffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function parseForm(text: string): Result<unknown> {
  const entries = [...new URLSearchParams(text)];
  const fields = Object.fromEntries(entries);
  return Object.keys(fields).length === entries.length ? accept(fields) : unreadable(REPEATED);
}

function parseJson(text: string): Result<unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (depthOf(value) > MAX_DEPTH) return unreadable('嵌套过深');
    return hasDuplicateKeys(text, value) ? unreadable(REPEATED) : accept(value);
  } catch {
    return unreadable('不是有效的 JSON');
  }
}

const REPEATED = '同一字段出现了多次';

function unreadable(message: string) {
  return refuse('invalid_input', { field: 'body', message });
}

/** How deep a value is nested; stops counting where it is too deep anyway. */
function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return depth;
  return Object.values(value).reduce((deepest: number, one) => Math.max(deepest, depthOf(one, depth + 1)), depth + 1);
}
