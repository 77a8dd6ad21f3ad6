/** Reads who a token belongs to. */

import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import * as z from 'zod';
import type { Caller } from '../core/caller.ts';
import { RefusedError } from '../core/errors.ts';
import { describeError, writeLog } from '../core/log.ts';

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

/** When a caller may come back whose token nobody could check. */
const RETRY_AFTER_SECONDS = 5;

/** What jose throws for a wrong token and for a key server that says nothing of use alike, told apart by code. */
const KEY_SERVER_CODES: readonly string[] = [
  errors.JOSEError.code,
  errors.JWKSTimeout.code,
  errors.JWKSInvalid.code,
  errors.JWKInvalid.code,
];

/**
 * The check for one set of rules. `null` for whatever a token may be wrong in; the caller learns no more than that.
 * Throws `busy` when the key server gives no keys: a token that nobody could check is not a wrong one.
 */
export function createIdentify(rules: TokenRules, now: () => number): (token: string) => Promise<Caller | null> {
  const verify = verifierOf(rules);
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) return null;
    try {
      const parsed = claims.safeParse(await verify(token, new Date(now())));
      return parsed.success ? { userId: parsed.data.sub, role: parsed.data.role } : null;
    } catch (error) {
      if (error instanceof errors.JOSEError && !KEY_SERVER_CODES.includes(error.code)) return null;
      writeLog('alert', 'token_keys_unavailable', describeError(error));
      throw new RefusedError({ reason: 'busy', retryAfterSeconds: RETRY_AFTER_SECONDS });
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
  return (token, currentDate) => verifyWithAny(token, keys, { algorithms: ASYMMETRIC, requiredClaims, currentDate });
}

/** A token need not name its key. Where several keys could be meant, it is valid if one of them verifies it. */
async function verifyWithAny(
  token: string,
  keys: ReturnType<typeof createRemoteJWKSet>,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (mismatch) {
        if (!(mismatch instanceof errors.JWSSignatureVerificationFailed)) throw mismatch;
      }
    }
    throw error;
  }
}
