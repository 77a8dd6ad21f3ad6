/** What goes wrong on purpose: a list of faults that calls use up in order, or a seeded random choice. */
import * as z from 'zod';
import type { SandboxStorage } from './storage.ts';

const BREAKAGES = ['500', 'reset', 'timeout', 'malformed', 'unsigned'] as const;
const MOMENTS = ['before', 'after'] as const;

const WHERE_AND_WHEN = {
  /** The call it waits for, such as `alipay.trade.refund`; any call when left out. */
  method: z.string().optional(),
  /** `before`: the call has no effect. `after`: it had its effect, and only the answer is lost. */
  when: z.enum(MOMENTS),
  times: z.int().min(1).default(1),
};

/** One planned fault; also the body of `POST /control/faults`. */
export const PLANNED_FAULT = z.union([
  z.strictObject({ ...WHERE_AND_WHEN, kind: z.enum(BREAKAGES) }),
  /** A properly signed refusal with a code of the provider's, such as `ACQ.SYSTEM_ERROR`. */
  z.strictObject({ ...WHERE_AND_WHEN, kind: z.literal('refused'), subCode: z.string().min(1) }),
]);

/** How an answer is broken. `reset` and `timeout` are no answer at all. */
export type Breakage = (typeof BREAKAGES)[number];

/** What happens to one call. */
export type Fault = { when: (typeof MOMENTS)[number] } & ({ kind: Breakage } | { kind: 'refused'; subCode: string });

const FAULT_STATE = z.object({
  planned: z.array(PLANNED_FAULT),
  random: z.object({ state: z.int(), probability: z.number().min(0).max(1) }).nullable(),
});
type FaultState = z.infer<typeof FAULT_STATE>;

/** The faults ahead of one gateway. */
export type FaultPlan = {
  /** Puts a fault at the end of the list. Throws when it is not a fault. */
  plan(fault: z.input<typeof PLANNED_FAULT>): void;
  /** From now on every call that the list leaves alone breaks with this probability; the same seed breaks the same calls. */
  random(seed: number, probability: number): void;
  /** Ends all faults, planned and random. */
  heal(): void;
  /** Uses up what happens to the next call of a method; `null` when it goes well. */
  next(method: string): Fault | null;
  /** What is still ahead. */
  ahead(): FaultState;
};

/** Keeps the plan in storage, because an idle Durable Object forgets what it only remembers. */
export function createFaultPlan(storage: SandboxStorage, provider: string): FaultPlan {
  const ahead = (): FaultState => FAULT_STATE.parse(storage.get('faults', provider) ?? { planned: [], random: null });
  const save = (state: FaultState): void => storage.put('faults', provider, state);

  function nextPlanned(method: string): Fault | null {
    const state = ahead();
    const fault = state.planned.find((planned) => planned.method === undefined || planned.method === method);
    if (fault === undefined) return null;
    const left = fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : [];
    save({ ...state, planned: state.planned.flatMap((planned) => (planned === fault ? left : [planned])) });
    return fault;
  }

  function nextRandom(): Fault | null {
    const { planned, random } = ahead();
    if (random === null) return null;
    const chance = drawFrom(random.state);
    const choice = drawFrom(chance.state);
    save({ planned, random: { ...random, state: choice.state } });
    if (chance.fraction >= random.probability) return null;
    const index = Math.floor(choice.fraction * BREAKAGES.length * MOMENTS.length);
    const kind = BREAKAGES[index % BREAKAGES.length] ?? 'reset';
    return { when: index < BREAKAGES.length ? 'before' : 'after', kind };
  }

  return {
    plan: (fault) => save({ ...ahead(), planned: [...ahead().planned, PLANNED_FAULT.parse(fault)] }),
    random: (seed, probability) => save(FAULT_STATE.parse({ ...ahead(), random: { state: seed, probability } })),
    heal: () => save({ planned: [], random: null }),
    next: (method) => nextPlanned(method) ?? nextRandom(),
    ahead,
  };
}

/** One step of the generator mulberry32: small, and the same everywhere, which is all that a replay needs. */
function drawFrom(state: number): { state: number; fraction: number } {
  const next = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(next ^ (next >>> 15), next | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return { state: next, fraction: ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 };
}
