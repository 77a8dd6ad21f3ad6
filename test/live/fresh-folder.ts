/** A folder that holds what a fresh clone holds, to run the real commands in without touching a developer's data. */
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const CLONE = dirname(dirname(import.meta.dirname));
const COPIED = [
  'package.json',
  'tsconfig.json',
  'wrangler.toml',
  '.dev.vars.example',
  'migrations',
  'src',
  'test/demo-rows',
  'test/local',
  'test/sandbox',
];
/** What a developer's own runs leave in the folders that are copied. */
const THEIRS = ['.dev.vars', '.wrangler'];

/** Makes the folder. The installed packages are shared, all else is its own. */
export async function freshFolder(): Promise<{ root: string; remove: () => Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'edge-orders-live-'));
  for (const path of COPIED) await cp(join(CLONE, path), join(root, path), { recursive: true, filter: isOurs });
  await symlink(join(CLONE, 'node_modules'), join(root, 'node_modules'), 'dir');
  return { root, remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 }) };
}

function isOurs(path: string): boolean {
  return !THEIRS.includes(basename(path));
}
