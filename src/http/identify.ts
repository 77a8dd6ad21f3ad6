/** Reads who a token belongs to. */

import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import * as z from 'zod';
import type { Caller } from '../core/caller.ts';

/** How tokens are checked. The algorithm follows from this, never from the token. */
export type TokenRules = { secret: string } | { jwksUrl: string };

/** A longer token is refused unread. */
const MAX_TOKEN_LENGTH = 4096;

const claims = z.object({
  sub: z.string().min(1).max(64),
  role: z.enum(['customer', 'operator']).default('customer'),
  exp: z.number(),
});

const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];

/** The check for one set of rules. `null` for whatever a token may be wrong in; the caller learns no more than that. */
export function createIdentify(rules: TokenRules, now: () => number): (token: string) => Promise<Caller | null> {
  const verify = verifierOf(rules);
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) return null;
    try {
      const parsed = claims.safeParse(await verify(token, new Date(now())));
      return parsed.success ? { userId: parsed.data.sub, role: parsed.data.role } : null;
    } catch (error) {
      // A wrong token is an answer; a key server that does not answer is not.
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) return null;
      throw error;
    }
  };
}

function verifierOf(rules: TokenRules): (token: string, currentDate: Date) => Promise<JWTPayload> {
  const requiredClaims = ['sub', 'exp'];
  if ('secret' in rules) {
    const key = new TextEncoder().encode(rules.secret);
    return async (token, currentDate) =>
      (await jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims, currentDate })).payload;
  }
  const keys = createRemoteJWKSet(new URL(rules.jwksUrl));
  return async (token, currentDate) =>
    (await jwtVerify(token, keys, { algorithms: ASYMMETRIC, requiredClaims, currentDate })).payload;
}
