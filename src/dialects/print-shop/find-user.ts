/** What the shop knows of a user. */

import { itemRow } from '../../core/catalog/catalog.ts';
import { openFields } from '../../core/catalog/readable-items.ts';
import type { Services } from '../../core/services.ts';
import { USERS } from '../users.ts';
import { readUser, type ShownUser } from './schema.ts';

/** All that is shown of a user is personal, so what is sealed says it all. Nothing, where the shop does not know them. */
export async function findUser(services: Services, userId: string): Promise<ShownUser> {
  const ref = { kind: USERS, id: userId };
  const [text] = await services.personal.read([itemRow(ref)]);
  return readUser(await openFields(services, ref, text));
}
