-- Everything about a person, in one table, sealed.
--
-- Why: names, phones, addresses, what people wrote, and what leads to them at a payment provider stand nowhere else, and
-- here only encrypted. A text is bound to its row's name, so that it opens nowhere else. One table, because then keys
-- are changed in one place, and a person can be forgotten by taking away the rows that begin with an order's name:
--   order/<order number>               what an order's dialect keeps of its request
--   order/<order number>/words/<id>    a reason or a remark; the log and the refund hold this name in its place
--   attempt/<payment number>           the provider's handle on a payment, and who pays
--   catalog/<kind>/<id>                the personal fields of a catalogue row
--
-- Check:
--   SELECT row_name FROM personal_data WHERE key_id <> '<the key in use>';
--   -- no rows, once the keys have been changed

CREATE TABLE personal_data (
  row_name TEXT NOT NULL PRIMARY KEY
           CHECK (row_name GLOB 'order/*' OR row_name GLOB 'attempt/*' OR row_name GLOB 'catalog/*'),
  key_id   TEXT NOT NULL,
  sealed   TEXT NOT NULL CHECK (sealed GLOB key_id || '.*')
) STRICT;

CREATE INDEX personal_data_by_key ON personal_data (key_id, row_name);

INSERT INTO personal_data (row_name, key_id, sealed)
SELECT 'attempt/' || out_trade_no, substr(sealed, 1, instr(sealed, '.') - 1), sealed
  FROM payment_attempts WHERE sealed IS NOT NULL;

ALTER TABLE payment_attempts DROP COLUMN sealed;
