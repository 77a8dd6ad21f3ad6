-- Payments that a provider has to prepare over its network.
--
-- Why: while one caller asks the provider, nobody else may start on the same attempt (`leased_until_ms`); and what the
-- provider gave is kept, so that the same payment can be handed out again (`sealed`: encrypted, because it leads to a
-- person).
--
-- Check:
--   SELECT out_trade_no FROM payment_attempts WHERE status = 'opening' AND leased_until_ms IS NULL;
--   -- no rows

ALTER TABLE payment_attempts ADD COLUMN leased_until_ms INTEGER;
ALTER TABLE payment_attempts ADD COLUMN sealed TEXT;
