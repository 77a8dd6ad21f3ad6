/** For clients that send their token without a scheme, or as a parameter of the call. */

import type { Context } from 'hono';
import * as z from 'zod';
import type { AppEnv } from './app-env.ts';
import { parseBody } from './parse-body.ts';

/** The parameter's name, in a query or a body. It is no field of any call. */
export const AUTH_DATA = 'auth_data';

/**
 * The token of the `Authorization` header, with or without `Bearer`; where there is no such header, that of the
 * parameter `auth_data` in the query, or else in the body. What is sent twice, or in a body that cannot be read, is none.
 */
export async function readAuthData(c: Context<AppEnv>): Promise<string | null> {
  const header = c.req.header('authorization') ?? '';
  if (header !== '') return tokenOf(header);
  const inQuery = (c.req.queries(AUTH_DATA) ?? []).filter((text) => text !== '');
  if (inQuery.length > 0) return inQuery.length === 1 ? tokenOf(inQuery[0]) : null;
  const body = await parseBody(c);
  return body.ok ? tokenOf(withAuthData.safeParse(body.value).data?.[AUTH_DATA]) : null;
}

const withAuthData = z.object({ [AUTH_DATA]: z.string() });

function tokenOf(text: string | undefined): string | null {
  return /^(?:Bearer +)?([\w.~+/-]+=*)$/i.exec(text ?? '')?.[1] ?? null;
}
