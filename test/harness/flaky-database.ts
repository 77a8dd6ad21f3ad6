/** A database that loses answers: batches fail before they are run, or, worse, after. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { vi } from 'vitest';

/** What D1 says when nobody knows whether a write happened. */
const LOST = 'D1_ERROR: Network connection lost.';

/** The switch of a flaky database. */
export type FlakyDatabase = {
  /** From now on every nth batch, drawn from the seed, loses its answer; one in `oneIn` of them. */
  breakFrom(seed: number, oneIn: number): void;
  heal(): void;
  /** How many answers were lost so far. */
  lost(): number;
};

/** Puts itself between the Worker, its gates, and D1. */
export function makeDatabaseFlaky(): FlakyDatabase {
  const open = env.DB.withSession.bind(env.DB);
  let fate: (() => 'fine' | 'before' | 'after') | null = null;
  let lost = 0;
  vi.spyOn(env.DB, 'withSession').mockImplementation((constraint) => {
    const session = open(constraint);
    const batch = session.batch.bind(session);
    session.batch = async <T>(statements: D1PreparedStatement[]) => {
      const what = fate?.() ?? 'fine';
      if (what !== 'fine') lost += 1;
      if (what === 'before') throw new Error(LOST);
      const results = await batch<T>(statements);
      if (what === 'after') throw new Error(LOST);
      return results;
    };
    return session;
  });
  return {
    breakFrom: (seed, oneIn) => {
      const draw = fc.sample(fc.nat(2 * oneIn - 1), { seed, numRuns: 1000 });
      let nth = 0;
      fate = () => (['before', 'after'] as const)[draw[nth++ % draw.length] ?? oneIn] ?? 'fine';
    },
    heal: () => {
      fate = null;
    },
    lost: () => lost,
  };
}
