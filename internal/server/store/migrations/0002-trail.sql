-- The access trail (package trail): pseudonyms only, each row chained to the one before.
CREATE TABLE trail (
  seq    INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  what   TEXT NOT NULL,
  who    TEXT NOT NULL,
  whom   TEXT NOT NULL,
  room   TEXT NOT NULL,
  result TEXT NOT NULL,
  count  INTEGER NOT NULL,
  hash   BLOB NOT NULL
);
CREATE INDEX trail_by_time ON trail(at);
-- Where the chain begins, once its oldest rows were removed in time.
CREATE TABLE trail_anchor (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL);
-- The requests for the journal that were used.
CREATE TABLE nonces (nonce TEXT PRIMARY KEY, expires INTEGER NOT NULL);
