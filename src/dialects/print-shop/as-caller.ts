/** Who asks, as the core's verbs want to know it. */

import type { Context } from 'hono';
import { actorOf, scopeOf } from '../../core/caller.ts';
import type { Scope } from '../../core/order/command.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { NAME } from './status.ts';

/** The orders that the caller may touch, and the name that the log has for them. */
export function asCaller({ var: { caller } }: Context<AppEnv>): { scope: Scope; actor: string } {
  return { scope: scopeOf(caller, NAME), actor: actorOf(caller) };
}
