/** Starts a command in a process group of its own that does not outlive the process that started it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const TETHER = join(import.meta.dirname, 'tether.ts');

/** How long the rest of a group may go on after its command has ended, ms. */
const GRACE_MS = 2000;

/** A command that runs. */
export type Tethered = {
  /** Resolves once it has ended and all that it printed was read: its exit code, `null` when a signal ended the group. */
  ended: Promise<number | null>;
  /** Asks the command to end, or kills all processes of the group at once; reaches nobody when they have ended. */
  signal: (name: 'SIGINT' | 'SIGTERM' | 'SIGKILL') => void;
};

/** Starts it. Each line that it prints, to either output, goes to `onLine`. */
export function spawnTethered(
  command: string,
  args: readonly string[],
  { cwd, env, onLine }: { cwd: string; env: NodeJS.ProcessEnv; onLine: (line: string) => void },
): Tethered {
  const child = spawn(process.execPath, [TETHER, command, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const input of [child.stdout, child.stderr]) if (input) createInterface({ input }).on('line', onLine);
  function signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void {
    if (child.pid === undefined) return;
    try {
      process.kill(name === 'SIGKILL' ? -child.pid : child.pid, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
  // What the command leaves behind gets a moment to follow it, and holds the outputs open until then.
  child.once('exit', () => {
    const timer = setTimeout(() => signal('SIGKILL'), GRACE_MS);
    child.once('close', () => clearTimeout(timer));
  });
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null));
  return { ended, signal };
}
