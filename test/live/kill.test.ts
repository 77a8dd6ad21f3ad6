/** `kill -9` of the running service under load: no promise is lost, and its money is Alipay's money to the fen. */
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import type { Addresses } from '../local/addresses.ts';
import { fireCron } from '../local/fire-cron.ts';
import { loadDemoRows } from '../local/load-demo-rows.ts';
import { readVars } from '../local/read-vars.ts';
import { type RunningWorker, startWorker } from '../local/start-worker.ts';
import { waitUntil } from '../local/wait-until.ts';
import { SANDBOX_VARS, writeDevVars } from '../local/write-dev-vars.ts';
import { readAlipayBooks } from './alipay-books.ts';
import { findDifferences } from './find-differences.ts';
import { findLosses } from './find-losses.ts';
import { freeAddresses } from './free-addresses.ts';
import { freshFolder } from './fresh-folder.ts';
import { type Journey, JOURNEY_KINDS, type Town, travel } from './journeys.ts';
import { openDatabase } from './open-database.ts';
import type { Promised } from './promises.ts';
import { seededRandom } from './seeded-random.ts';
import { serveSandbox } from './serve-sandbox.ts';

/** Six kills, or what fits into half a minute on a busy machine; all of them where a number is asked for. */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 6);
const ROUNDS_END_MS = process.env['KILL_ROUNDS'] === undefined ? 30_000 : Infinity;
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
/** How many journeys are under way at a time. */
const TRAVELLERS = 8;
const START_MS = 60_000;
const ROUND_MS = 120_000;
const SETTLE_MS = 5000;
/** A slip is paid for two minutes; the last look at one that was given up, and lost its notification, comes one later. */
const WHILE_MS = 4 * 60_000;
/** One run finds the money, the next one at the latest gives it back, and one more may be cut short. */
const HEALED_IN_RUNS = 3;
const EVERY_PROMISE: Promised['what'][] = [
  'placed',
  'slip',
  'deleted',
  'refund_requested',
  'refund_approved',
  'completed',
];

let folder: Awaited<ReturnType<typeof freshFolder>>;
let addresses: Addresses;
let town: Town;
let sandbox: Awaited<ReturnType<typeof serveSandbox>> | null = null;
/** `wrangler dev` also ends by itself, where a caller breaks off in the middle of a request: a crash like any other. */
let service: { worker: RunningWorker; hasEnded: boolean } | null = null;
const lines: string[] = [];

beforeAll(async () => {
  folder = await freshFolder();
  addresses = await freeAddresses();
  writeDevVars(folder.root, addresses);
  const jwtSecret = readVars(`${folder.root}/.dev.vars`)?.['JWT_SECRET'] ?? '';
  town = { ...addresses, jwtSecret, promises: [], unanswered: 0 };
  await loadDemoRows(folder.root);
  sandbox = await serveSandbox(readVars(`${folder.root}/${SANDBOX_VARS}`) ?? {}, addresses.sandboxPort);
}, 2 * START_MS);

afterAll(async () => {
  await killService();
  await sandbox?.close();
  await folder.remove();
}, START_MS);

async function startService(): Promise<void> {
  const { servicePort: port, serviceUrl } = addresses;
  const worker = startWorker(folder.root, { config: 'wrangler.toml', port, onLine: (line) => lines.push(line) });
  const started = { worker, hasEnded: false };
  service = started;
  void worker.ended.then(() => (started.hasEnded = true));
  const isUp = async (): Promise<true | null> => ((await fetch(`${serviceUrl}/health`)).ok ? true : null);
  await waitUntil('the service answers', isUp, { withinMs: START_MS });
}

async function killService(): Promise<void> {
  await service?.worker.kill();
  service = null;
}

/** Makes journeys, one after the other, until it is dark. Those to which nobody answered are for another day. */
async function travelUntilDark(day: { dark: boolean }, next: () => Journey, again: Journey[]): Promise<void> {
  while (!day.dark) {
    const journey = again.pop() ?? next();
    if ((await travel(town, journey)) === 'unanswered') {
      again.push(journey);
      return;
    }
  }
}

/** Time passes on disk: what is due in a while is due now, and nobody has to wait for it. */
function letTimePass(): void {
  const database = openDatabase(folder.root);
  try {
    for (const table of ['payment_attempts', 'refunds']) {
      database.exec(
        `UPDATE ${table} SET next_look_at_ms = next_look_at_ms - ${WHILE_MS} WHERE next_look_at_ms IS NOT NULL`,
      );
    }
  } finally {
    database.close();
  }
}

async function compare(what: 'losses' | 'differences'): Promise<string[]> {
  const books = await readAlipayBooks(addresses.sandboxUrl);
  const database = openDatabase(folder.root);
  try {
    return what === 'losses' ? findLosses(database, town.promises, books) : findDifferences(database, books);
  } finally {
    database.close();
  }
}

/** Whoever got no answer asks again, with the same key. */
async function placeWhatIsLeft(again: Journey[]): Promise<void> {
  await waitUntil(
    'every order that was asked for is answered',
    async () => {
      if (service?.hasEnded) await startService();
      const journey = again.pop();
      if (journey && (await travel(town, journey)) === 'unanswered') again.push(journey);
      return again.length === 0 ? true : null;
    },
    { withinMs: START_MS },
  );
}

/**
 * Time passes and the cron runs, as often as it takes until there is no difference left; gives how often that was. The
 * service is down in between, because nobody else may write to its disk while it is up.
 */
async function heal(again: Journey[]): Promise<number> {
  for (let run = 1; ; run += 1) {
    letTimePass();
    await startService();
    await placeWhatIsLeft(again);
    await fireCron(addresses.serviceUrl);
    const left = await whatIsLeft();
    await killService();
    if (left.length === 0) return run;
    if (run === HEALED_IN_RUNS) throw new Error(`after ${run} runs of the cron:\n${left.join('\n')}`);
  }
}

/** The differences, once there are none or the refunds that the cron has sent have had time to come back. */
async function whatIsLeft(): Promise<string[]> {
  let left: string[] = [];
  const compareAgain = async (): Promise<true | null> => {
    left = await compare('differences');
    return left.length === 0 ? true : null;
  };
  await waitUntil('the money is the same on both sides', compareAgain, { withinMs: SETTLE_MS }).catch(() => undefined);
  return left;
}

test(
  'kill -9 under load loses no promise and no fen',
  async () => {
    console.log(`KILL_SEED=${SEED} KILL_ROUNDS=${ROUNDS}`);
    onTestFailed(() => console.error(lines.slice(-40).join('\n')));
    const random = seededRandom(SEED);
    const again: Journey[] = [];
    let journeys = 0;
    const next = (): Journey => {
      const nth = journeys++;
      const kind = JOURNEY_KINDS[nth % JOURNEY_KINDS.length] ?? 'place';
      return { kind, userId: String(1_000_000 + nth), key: `journey ${nth}` };
    };

    const startedAtMs = performance.now();
    let kills = 0;
    while (kills < ROUNDS && performance.now() - startedAtMs < ROUNDS_END_MS) {
      await startService();
      const day = { dark: false };
      const travellers = Array.from({ length: TRAVELLERS }, () => travelUntilDark(day, next, again));
      // It may be cut off like anything else; the next one goes on where it stopped.
      const cron = fireCron(addresses.serviceUrl).catch(() => undefined);
      const enough = town.promises.length + random(40, 150);
      const isEnough = (): true | null => (town.promises.length >= enough || service?.hasEnded ? true : null);
      await waitUntil('promises are made', isEnough, { withinMs: START_MS });
      day.dark = true;
      await killService();
      await Promise.all([...travellers, cron]);
      kills += 1;
      expect(await compare('losses'), `right after kill ${kills}`).toEqual([]);
    }

    const runs = await heal(again);
    expect(await compare('losses')).toEqual([]);
    expect(await compare('differences')).toEqual([]);

    const made = new Set(town.promises.map(({ what }) => what));
    expect([...made].toSorted()).toEqual(EVERY_PROMISE.toSorted());
    expect(town.unanswered, 'the kills hit requests on their way').toBeGreaterThan(0);
    console.log(
      `${kills} kills, healed at run ${runs} of the cron: ${journeys} journeys, ${town.promises.length} promises, ${town.unanswered} requests without an answer`,
    );
  },
  ROUNDS * ROUND_MS + HEALED_IN_RUNS * ROUND_MS,
);
