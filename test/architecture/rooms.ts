/** The rooms of the house: what the files of each may import. Whatever is not in here is not allowed. */
import { importsOf, type SourceFile } from './source-files.ts';

/**
 * One room. `*` in a path stands for one name; a path that ends in a slash is a folder with all that is in it, and
 * `<own>` is the room's own folder. Packages are named without the path within them.
 */
type Room = { files: string; imports: readonly string[]; packages: readonly string[] };

const CORE = 'src/core/';
const HTTP = 'src/http/';
const DB = 'src/db/';
const SURFACE_PACKAGES = ['hono', 'zod', '@hono/zod-validator'];

/** The first room that a file fits into is its own. */
export const ROOMS: readonly Room[] = [
  { files: CORE, imports: ['<own>'], packages: [] },
  { files: 'src/dialects/index.ts', imports: ['src/dialects/dialect.ts', 'src/dialects/*/index.ts'], packages: [] },
  { files: 'src/dialects/dialect.ts', imports: [CORE, HTTP], packages: ['hono'] },
  { files: 'src/dialects/users.ts', imports: [HTTP], packages: ['zod'] },
  {
    files: 'src/dialects/print-shop/draw-code.ts',
    imports: [],
    packages: ['qr'],
  },
  {
    files: 'src/dialects/*/',
    imports: ['<own>', 'src/dialects/dialect.ts', 'src/dialects/users.ts', CORE, HTTP],
    packages: SURFACE_PACKAGES,
  },
  { files: 'src/admin/', imports: ['<own>', CORE, HTTP], packages: SURFACE_PACKAGES },
  {
    files: 'src/providers/*/',
    imports: ['<own>', 'src/providers/*.ts', 'src/core/payment/provider.ts', 'src/core/money.ts'],
    packages: ['zod'],
  },
  { files: 'src/providers/*.ts', imports: ['src/providers/*.ts'], packages: [] },
  { files: DB, imports: ['<own>', CORE], packages: ['drizzle-orm'] },
  { files: 'src/durable/', imports: ['<own>', CORE, DB], packages: ['cloudflare:workers'] },
  { files: HTTP, imports: ['<own>', CORE], packages: ['hono', 'zod', 'jose'] },
  { files: 'src/webhook/', imports: ['<own>', CORE], packages: [] },
  { files: 'src/vault/', imports: ['<own>', CORE], packages: [] },
  // What follows wires the rooms together.
  { files: 'src/env.ts', imports: ['src/providers/wechat-pay/platform-keys.ts'], packages: ['zod'] },
  {
    files: 'src/compose.ts',
    imports: [
      CORE,
      DB,
      HTTP,
      'src/dialects/index.ts',
      'src/durable/gate-client.ts',
      'src/env.ts',
      'src/providers/*/index.ts',
      'src/providers/*/diagnose-keys.ts',
      'src/vault/',
      'src/webhook/',
    ],
    packages: ['hono'],
  },
  { files: 'src/jobs.ts', imports: [CORE, DB, 'src/compose.ts'], packages: [] },
  { files: 'src/readiness.ts', imports: [DB, 'src/compose.ts', 'src/jobs.ts'], packages: [] },
  {
    files: 'src/app.ts',
    imports: [CORE, DB, HTTP, 'src/admin/index.ts', 'src/compose.ts', 'src/dialects/index.ts', 'src/readiness.ts'],
    packages: ['hono'],
  },
  { files: 'src/index.ts', imports: ['src/app.ts', 'src/jobs.ts', 'src/durable/order-gate.ts'], packages: [] },
];

/** Every import that its file's room does not allow, in words; a file without a room is one too. */
export function forbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    for (const room of ROOMS) {
      const own = matchOf(room.files, file.path);
      if (own === null) continue;
      const allowed = room.imports.map((path) => (path === '<own>' ? own : path));
      return importsOf(file)
        .filter((name) => !isAllowed(name, allowed, room.packages))
        .map((name) => `${file.path} imports ${name}`);
    }
    return [`${file.path} is in no room`];
  });
}

function isAllowed(name: string, paths: readonly string[], packages: readonly string[]): boolean {
  if (name.startsWith('src/')) return paths.some((path) => matchOf(path, name) !== null);
  return packages.some((one) => name === one || name.startsWith(`${one}/`));
}

/** What of a path the pattern stands for: the folder, or the whole path. `null` where it does not fit. */
function matchOf(pattern: string, path: string): string | null {
  const source = pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '[^/]+');
  return new RegExp(pattern.endsWith('/') ? `^${source}` : `^${source}$`).exec(path)?.[0] ?? null;
}
