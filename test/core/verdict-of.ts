/** A decision in a few words, so that a table of cases reads like the rules. */
import type { Decided, Decision } from '../../src/core/order/decision.ts';

/** `refused <reason>`, `already`, or the types of the events in their order. */
export function verdictOf(decided: Decided): string {
  if (!decided.ok) return `refused ${decided.refusal.reason}`;
  if ('already' in decided.value) return 'already';
  return decided.value.events.map(({ type }) => type).join(' + ');
}

/** The decision itself; fails where nothing is to be written. */
export function decisionOf(decided: Decided): Decision {
  if (!decided.ok || 'already' in decided.value) throw new Error(`nothing to write: ${verdictOf(decided)}`);
  return decided.value;
}
