/** What a dialect is to the rest of the house. */

import type { Hono } from 'hono';
import type { Refusal } from '../core/errors.ts';
import type { FulfilmentPolicy } from '../core/order/command.ts';
import type { AppEnv } from '../http/app-env.ts';
import type { ReadToken } from '../http/authenticate.ts';
import type { CatalogKind } from '../http/catalog-kind.ts';

/** An answer ready to send: what a refusal becomes. */
export type RenderedRefusal = {
  status: 200 | 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 500 | 502 | 503;
  body: object;
  /** Of its words, where its clients may choose one. */
  language?: string;
};

/** The calls below one path: those that need a token, and those that need none, such as pictures that a page shows. */
export type Routes = { routes: Hono<AppEnv>; publicRoutes?: Hono<AppEnv> };

/** One published order API. */
export type Dialect = {
  /** The folder's name. Stored with every order. */
  name: string;
  /** Its routes by the path that they are below. Everything below answers in its shape, paths that do not exist too. */
  routes: Readonly<Record<string, Routes>>;
  /** Where its tokens are, if not only in the `Authorization` header. */
  readToken?: ReadToken;
  /** The dialect's own words and shape for each reason; the request says in which language, where there are several. */
  renderRefusal: (refusal: Refusal, request: Request) => RenderedRefusal;
  /** The moves of the work on a paid order that operators may make. */
  fulfilment: FulfilmentPolicy;
  /** The catalogue rows that it owns, by kind. */
  catalog: Readonly<Record<string, CatalogKind>>;
};

/** Declares a dialect; gives it back as it is, checked. */
export function defineDialect(dialect: Dialect): Dialect {
  return dialect;
}
