/** How Wrangler is called: the one of this project, with the Node that runs us, quietly and without a question. */
import { join } from 'node:path';

/** What `spawn` needs to run Wrangler in a folder. */
export function wranglerCommand(
  root: string,
  args: readonly string[],
): { command: string; args: string[]; options: { cwd: string; env: NodeJS.ProcessEnv } } {
  const env = {
    ...process.env,
    // Without a terminal it asks nothing, and this says so even where there is one.
    CI: '1',
    NO_COLOR: '1',
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_SEND_METRICS: 'false',
    // What it would learn about this machine from the network serves nothing here, and is an error without one.
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    // Two folders that run the same service must not find each other.
    WRANGLER_REGISTRY_PATH: join(root, '.wrangler/registry'),
  };
  return {
    command: process.execPath,
    args: [join(root, 'node_modules/wrangler/bin/wrangler.js'), ...args],
    options: { cwd: root, env },
  };
}
