/** What the cron does each minute, one line each. */

import { compose, prepare } from './compose.ts';
import { describeError, writeLog } from './core/log.ts';
import { payCommissions } from './core/commission/pay-commissions.ts';
import { expireOrders } from './core/order/expire-orders.ts';
import { deliverNotifications } from './core/outbox/deliver-notifications.ts';
import { reconcilePayments } from './core/payment/reconcile-payments.ts';
import { reseal } from './core/personal/reseal.ts';
import { reconcileRefunds } from './core/refund/reconcile-refunds.ts';
import type { Services } from './core/services.ts';
import { openSubscriptions } from './core/subscription/open-subscriptions.ts';
import { recordJobRun } from './db/job-runs.ts';
import type { Database } from './db/open-database.ts';
import { isStorageError, storageText } from './db/storage-error.ts';

/** How long an idempotency key is kept, ms: twice what is promised. */
const KEEP_KEYS_MS = 48 * 60 * 60 * 1000;

type Job = readonly [name: string, run: (services: Services) => Promise<unknown>];

/** Jobs of one lane run one after the other; the lanes run side by side, so that a slow provider delays no shop. */
const LANES: readonly (readonly Job[])[] = [
  [
    ['reconcile_payments', reconcilePayments],
    ['reconcile_refunds', reconcileRefunds],
    ['open_subscriptions', openSubscriptions],
    ['expire_orders', expireOrders],
    ['pay_commissions', payCommissions],
  ],
  [
    ['deliver_notifications', deliverNotifications],
    ['reseal', reseal],
    ['forget_keys', (services) => services.orders.forgetKeysBefore(services.now() - KEEP_KEYS_MS, 1000)],
  ],
];

/** Every job by the name under which its runs are noted. */
export const JOB_NAMES: readonly string[] = LANES.flat().map(([job]) => job);

/** Runs every job. One that fails leaves the others alone, and is not counted as having run. */
export async function runJobs(env: Cloudflare.Env, context: ExecutionContext): Promise<void> {
  const prepared = await prepare(env);
  if (!prepared.ok) {
    writeLog('alert', 'misconfigured', { problems: prepared.problems.join('; ') });
    return;
  }
  const { services, session } = compose(env, prepared.isolate, context, 'first-primary');
  await Promise.all(LANES.map((lane) => runLane(lane, services, session.db)));
}

async function runLane(lane: readonly Job[], services: Services, db: Database): Promise<void> {
  for (const [job, run] of lane) {
    try {
      await run(services);
      await recordJobRun(db, job, services.now());
    } catch (error) {
      const cause = isStorageError(error) ? { cause: storageText(error) } : describeError(error);
      services.log.alert('job_failed', { job, ...cause });
    }
  }
}
