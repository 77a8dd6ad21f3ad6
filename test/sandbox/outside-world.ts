/** The one Durable Object that holds the pretend outside world, so that it is the same one after a restart. */
import { DurableObject } from 'cloudflare:workers';
import { Hono } from 'hono';
import { createDurableStorage } from './durable-storage.ts';
import { createRoutes } from './routes.ts';
import { readSettings } from './settings.ts';
import { createWorld, type World } from './world.ts';

/** The sandbox's bindings. The variables beside it are read by `readSettings`. */
export type SandboxEnv = { OUTSIDE_WORLD: DurableObjectNamespace<OutsideWorld> };

/** Answers every request of the sandbox and carries its notifications. */
export class OutsideWorld extends DurableObject<SandboxEnv> {
  readonly #world: World | null;
  readonly #routes: Hono;

  constructor(ctx: DurableObjectState, env: SandboxEnv) {
    super(ctx, env);
    const read = readSettings(env);
    if (!read.ok) {
      this.#world = null;
      this.#routes = new Hono().all('*', (c) => c.json({ misconfigured: read.problems }, 503));
      return;
    }
    this.#world = createWorld({
      settings: read.settings,
      storage: createDurableStorage(ctx.storage.kv),
      now: () => Date.now(),
      fetch: (request) => fetch(request),
      wakeAt: (atMs) => ctx.storage.setAlarm(atMs),
    });
    this.#routes = createRoutes(this.#world);
  }

  override async fetch(request: Request): Promise<Response> {
    return this.#routes.fetch(request);
  }

  override async alarm(): Promise<void> {
    await this.#world?.deliverDue();
  }
}
