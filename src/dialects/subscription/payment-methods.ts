/** The payment methods that customers may choose from: those that operators keep, as far as they can be paid by. */

import type { CatalogItem } from '../../core/catalog/catalog.ts';
import type { Services } from '../../core/services.ts';
import { PAYMENT_METHODS, paymentMethodSchema } from './catalog-rows.ts';
import { type Kind, MODULES, type PaymentModule } from './payment-modules.ts';

/** A payment method as customers see it, and how it is paid. */
export type PaymentMethod = { id: number; name: string; payment: PaymentModule; provider: string; kind: Kind };

const PAGE = 100;

/** All that are enabled and whose provider is configured, in the order of their numbers. */
export async function listPaymentMethods(services: Services): Promise<PaymentMethod[]> {
  const methods: PaymentMethod[] = [];
  let after: string | null = null;
  for (;;) {
    const items: CatalogItem[] = await services.catalog.list(PAYMENT_METHODS, { after, limit: PAGE });
    methods.push(...items.flatMap((item) => offered(services, item)));
    after = items.at(-1)?.id ?? null;
    if (items.length < PAGE) return methods.toSorted((a, b) => a.id - b.id);
  }
}

/** The one of this number, if customers may choose it. */
export async function findPaymentMethod(services: Services, id: string): Promise<PaymentMethod | null> {
  const [item] = await services.catalog.read([{ kind: PAYMENT_METHODS, id }], 'fresh');
  return (item && offered(services, item)[0]) ?? null;
}

function offered({ providers }: Services, item: CatalogItem): PaymentMethod[] {
  const { name, payment, enabled = true } = paymentMethodSchema.parse(item.body);
  const { provider, kind } = MODULES[payment];
  const isConfigured = providers.get(provider)?.prepayKinds[kind] !== undefined;
  return enabled && isConfigured ? [{ id: Number(item.id), name, payment, provider, kind }] : [];
}
