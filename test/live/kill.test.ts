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
const HEAL_MS = 60_000;
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

/** A minute passes on disk: what is due in a minute is due now. Nobody waits for it. */
function letMinutePass(): void {
  const database = openDatabase(folder.root);
  try {
    database.exec(`UPDATE payment_attempts SET next_look_at_ms = next_look_at_ms - 60000 WHERE next_look_at_ms IS NOT NULL;
                   UPDATE refunds SET next_look_at_ms = next_look_at_ms - 60000 WHERE next_look_at_ms IS NOT NULL;`);
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
    { withinMs: HEAL_MS },
  );
}

/** The cron runs until there is no difference left, or the words are what is left. */
async function heal(): Promise<void> {
  await waitUntil(
    'the money is the same on both sides',
    async () => {
      if (service?.hasEnded) await startService();
      await fireCron(addresses.serviceUrl);
      const differences = await compare('differences');
      if (differences.length > 0) throw new Error(differences.slice(0, 5).join('\n'));
      return true;
    },
    { withinMs: HEAL_MS },
  );
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

    letMinutePass();
    await startService();
    await placeWhatIsLeft(again);
    await heal();
    await killService();
    expect(await compare('losses')).toEqual([]);
    expect(await compare('differences')).toEqual([]);

    const made = new Set(town.promises.map(({ what }) => what));
    expect([...made].toSorted()).toEqual(EVERY_PROMISE.toSorted());
    expect(town.unanswered, 'the kills hit requests on their way').toBeGreaterThan(0);
    console.log(
      `${kills} kills, ${journeys} journeys, ${town.promises.length} promises, ${town.unanswered} requests without an answer`,
    );
  },
  START_MS + ROUNDS * ROUND_MS + 2 * HEAL_MS,
);
