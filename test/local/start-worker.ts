/** Starts a Worker under `wrangler dev`. */
import { stripVTControlCharacters } from 'node:util';
import { isPortInUse } from './is-port-in-use.ts';
import { spawnTethered } from './spawn-tethered.ts';
import { waitUntil } from './wait-until.ts';
import { wranglerCommand } from './wrangler-command.ts';

/** How long Wrangler gets to end by itself, ms. */
const PATIENCE_MS = 5000;

/** A running Worker. */
export type RunningWorker = {
  /** Resolves with its exit code once it has ended, whoever ended it; `null` when it was killed. */
  ended: Promise<number | null>;
  /** Ends it, and resolves when its port is free again. */
  stop(): Promise<void>;
  /** `kill -9` for all of its processes at once. Resolves when its port is free again. */
  kill(): Promise<void>;
};

/** Starts the Worker that a Wrangler configuration describes. Each line that it prints goes to `onLine`. */
export function startWorker(
  root: string,
  { config, port, onLine }: { config: string; port: number; onLine: (line: string) => void },
): RunningWorker {
  // Any free port will do for the inspector: two Workers, or two folders, must not fight over the usual one.
  const ports = ['--port', String(port), '--inspector-port', '0'];
  const options = [...ports, '--show-interactive-dev-session=false'];
  const wrangler = wranglerCommand(root, ['dev', '--config', config, ...options]);
  const { ended, signal } = spawnTethered(wrangler.command, wrangler.args, {
    ...wrangler.options,
    // Wrangler colours its warnings even where it is told that nobody sees colours.
    onLine: (line) => onLine(stripVTControlCharacters(line)),
  });
  const freed = (): Promise<true> =>
    waitUntil(`port ${port} is free`, async () => ((await isPortInUse(port)) ? null : true), { withinMs: PATIENCE_MS });

  async function kill(): Promise<void> {
    signal('SIGKILL');
    await ended;
    await freed();
  }

  return {
    ended,
    kill,
    async stop() {
      signal('SIGTERM');
      const timer = setTimeout(() => signal('SIGKILL'), PATIENCE_MS);
      await ended;
      clearTimeout(timer);
      await kill();
    },
  };
}
