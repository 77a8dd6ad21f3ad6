/** Asks again and again until something is so. */
import { setTimeout as pause } from 'node:timers/promises';

const PAUSE_MS = 50;

/**
 * Waits until `find` gives something other than `null`, and gives it back. A throw of `find` means: not yet. After the
 * deadline it rejects, also while `find` still hangs: the words name what was waited for and what last stood in its
 * way. Once `signal` aborts, nobody waits any more, and it rejects as well.
 */
export async function waitUntil<T>(
  what: string,
  find: () => Promise<T | null> | T | null,
  { withinMs, signal }: { withinMs: number; signal?: AbortSignal },
): Promise<T> {
  const deadline = AbortSignal.timeout(withinMs);
  const end = signal ? AbortSignal.any([signal, deadline]) : deadline;
  const ended = new Promise<null>((resolve) => end.addEventListener('abort', () => resolve(null)));
  let obstacle = '';
  while (!end.aborted) {
    try {
      const found = await Promise.race([find(), ended]);
      if (found !== null) return found;
      if (!end.aborted) obstacle = '';
    } catch (error) {
      obstacle = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    await Promise.race([pause(PAUSE_MS), ended]);
  }
  signal?.throwIfAborted();
  throw new Error(`${what}: not within ${withinMs / 1000} s${obstacle}`);
}
