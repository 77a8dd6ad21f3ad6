/** Sends a refusal in a shape that is not its own. */

import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Refusal } from '../core/errors.ts';

/** A refusal as its surface renders it. `language` is that of its words, where a client may choose one. */
export type Rendered = { status: ContentfulStatusCode; body: object; contentType?: string; language?: string };

/** The response, with `Retry-After` where the refusal says when to come back, and the challenge that HTTP wants of a 401. */
export function sendRefusal(c: Context, refusal: Refusal, rendered: Rendered): Response {
  if (refusal.retryAfterSeconds !== undefined) c.header('Retry-After', String(refusal.retryAfterSeconds));
  if (rendered.status === 401) c.header('WWW-Authenticate', 'Bearer');
  if (rendered.language !== undefined) c.header('Content-Language', rendered.language);
  const contentType = rendered.contentType ?? 'application/json';
  return c.body(JSON.stringify(rendered.body), rendered.status, { 'content-type': contentType });
}
