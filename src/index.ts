/** The Worker: requests go to the app, the cron to the jobs, orders to their gates. */

import { createApp } from './app.ts';
import { runJobs } from './jobs.ts';

export { OrderGate } from './durable/order-gate.ts';

const app = createApp();

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
  scheduled: (_controller, env, context) => runJobs(env, context),
} satisfies ExportedHandler<Cloudflare.Env>;
