/** The catalogue: the rows of every kind that a dialect declares, checked by the schemas of their kind. */

import { zValidator } from '@hono/zod-validator';
import { type Context, Hono } from 'hono';
import { setBalance } from '../core/balance/set-balance.ts';
import { actorOf } from '../core/caller.ts';
import type { CatalogRef } from '../core/catalog/catalog.ts';
import { keepItem } from '../core/catalog/keep-item.ts';
import { readableItems } from '../core/catalog/readable-items.ts';
import { RefusedError, valueOrThrow } from '../core/errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import type { CatalogKind } from '../http/catalog-kind.ts';
import { refuseInvalid } from '../http/invalid-input.ts';
import { withBalances, withLedger } from './accounts.ts';
import type { AdminDialect } from './admin-dialect.ts';
import { readPage } from './read-page.ts';
import { readRow } from './read-row.ts';
import { renderItem } from './render.ts';
import { catalogListSchema } from './schema.ts';

/** The calls below `/admin/catalog`. */
export function createCatalogRoutes(dialects: readonly AdminDialect[]): Hono<AppEnv> {
  const kinds = new Map(dialects.flatMap(({ catalog }) => Object.entries(catalog)));
  return new Hono<AppEnv>({ strict: false })
    .get('/:kind', zValidator('query', catalogListSchema, refuseInvalid), async function list(c) {
      const kind = kindOf(kinds, c.req.param('kind'));
      const { after, limit } = c.req.valid('query');
      checkId(kind, 'cursor', after);
      const { services } = c.var;
      const read = async (rows: number) => {
        const items = await services.catalog.list(c.req.param('kind'), { after, limit: rows });
        const readable = await readableItems(services, items);
        return kind.hasAccount ? withBalances(services, readable) : readable;
      };
      return c.json(await readPage(limit, read, renderItem));
    })
    .get('/:kind/:id', async function detail(c) {
      const kind = kindOf(kinds, c.req.param('kind'));
      const { services } = c.var;
      const [item] = await readableItems(services, await services.catalog.read([refOf(c)], 'fresh'));
      if (!item) throw new RefusedError({ reason: 'item_not_found' });
      return c.json(renderItem(kind.hasAccount ? await withLedger(services, item) : item));
    })
    .put('/:kind/:id', async function put(c) {
      const kind = kindOf(kinds, c.req.param('kind'));
      checkId(kind, 'id', c.req.param('id'));
      const { fields, balance } = valueOrThrow(await readRow(c, kind));
      const { services } = c.var;
      const item = valueOrThrow(await keepItem(services, refOf(c), fields, kind.personal ?? [], kind.unique));
      if (balance !== null) {
        valueOrThrow(await setBalance(services, { ...balance, userId: item.id, actor: actorOf(c.var.caller) }));
      }
      return c.json(renderItem(kind.hasAccount ? await withLedger(services, item) : item));
    })
    .delete('/:kind/:id', async function remove(c) {
      kindOf(kinds, c.req.param('kind'));
      const removed = await c.var.services.catalog.remove(refOf(c), c.var.services.now());
      if (!removed) throw new RefusedError({ reason: 'item_not_found' });
      return c.body(null, 204);
    });
}

function refOf(c: Context<AppEnv, '/:kind/:id'>): CatalogRef {
  return c.req.param();
}

/** Refuses `item_not_found` for a kind that no dialect declares: it has no rows. */
function kindOf(kinds: ReadonlyMap<string, CatalogKind>, name: string): CatalogKind {
  const kind = kinds.get(name);
  if (!kind) throw new RefusedError({ reason: 'item_not_found', message: 'The catalogue has no rows of this kind.' });
  return kind;
}

/** Refuses `invalid_input` for an id that no row of the kind can have. */
function checkId(kind: CatalogKind, field: string, id: string | null): void {
  const checked = id === null ? null : kind.id.safeParse(id);
  if (checked?.error) {
    throw new RefusedError({ reason: 'invalid_input', field, message: checked.error.issues[0]?.message ?? '' });
  }
}
