/** Reads what the database meant by an error. It has no codes: only its own text tells, at the end of the causes. */

/** The texts that mean: ask again, and find out whether the write happened. */
const UNANSWERED = [
  'Network connection lost',
  'storage caused object to be reset',
  'reset because its code was updated',
  'Cannot resolve D1 DB',
  'overloaded',
];

/**
 * The database's own text. Drizzle's message in front of it quotes the bound values and must never be shown or logged.
 */
export function storageText(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause instanceof Error) innermost = innermost.cause;
  return innermost instanceof Error ? innermost.message : '';
}

/** Whether a constraint or one of our own triggers refused the write: nothing was written. */
export function isGuardRefusal(error: unknown): boolean {
  const text = storageText(error);
  return text.includes('SQLITE_CONSTRAINT') || text.includes('constraint failed');
}

/** Whether nobody knows if the write happened. */
export function isUnanswered(error: unknown): boolean {
  const text = storageText(error);
  return UNANSWERED.some((part) => text.includes(part));
}

/** Whether the database, and not our own code, is what went wrong. */
export function isStorageError(error: unknown): boolean {
  return isUnanswered(error) || storageText(error).startsWith('D1_ERROR');
}
