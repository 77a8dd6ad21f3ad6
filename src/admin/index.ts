/** The operator API: one surface like a dialect, in the core's own words. */

import type { Surface } from '../http/serve-surface.ts';
import type { AdminDialect } from './admin-dialect.ts';
import { renderProblem } from './errors.ts';
import { createRoutes } from './routes.ts';

/** The calls below `/admin`, for the orders and the catalogues of these dialects. */
export function createAdmin(dialects: readonly AdminDialect[]): Surface {
  return { routes: createRoutes(dialects), renderRefusal: renderProblem };
}
