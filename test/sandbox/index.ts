/** The pretend outside world as a Worker of its own: every request goes to the one object that holds it. */
import type { SandboxEnv } from './outside-world.ts';

export { OutsideWorld } from './outside-world.ts';

export default {
  fetch: (request, env) => env.OUTSIDE_WORLD.getByName('outside-world').fetch(request),
} satisfies ExportedHandler<SandboxEnv>;
