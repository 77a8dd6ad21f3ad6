/** What every request carries through the middleware. */

import type { Caller } from '../core/caller.ts';
import type { Services } from '../core/services.ts';

/** Hono's environment: the bindings, and what `compose.ts` and the middleware put beside them. */
export type AppEnv = {
  Bindings: Cloudflare.Env;
  Variables: {
    services: Services;
    /** Reads a token's bearer, or `null` where the token proves nothing. */
    identify: (token: string) => Promise<Caller | null>;
    /** Counts one request of a user or an address; `false` once there were too many. */
    isWithinLimit: (key: string) => Promise<boolean>;
    caller: Caller;
    requestId: string;
  };
};
