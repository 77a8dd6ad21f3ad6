/** Tokens like those that an app sends, for development. */
import { SignJWT } from 'jose';

/** A token of a user; without a role, a customer's. */
export function signToken(
  secret: string,
  { userId, role, days }: { userId: string; role?: 'operator'; days: number },
): Promise<string> {
  return new SignJWT(role === undefined ? {} : { role })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setExpirationTime(`${days} days`)
    .sign(new TextEncoder().encode(secret));
}
