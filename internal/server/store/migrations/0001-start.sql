-- Times are seconds since 1970-01-01 UTC. Tokens and codes are SHA-256 hashes.
CREATE TABLE accounts (
  id       TEXT PRIMARY KEY,
  email    TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name     TEXT NOT NULL,
  role     TEXT NOT NULL CHECK (role IN ('clinician', 'admin')),
  password TEXT NOT NULL, -- argon2id, PHC string
  disabled INTEGER NOT NULL DEFAULT 0,
  created  INTEGER NOT NULL
);
CREATE TABLE sessions (
  token   BLOB PRIMARY KEY,
  account TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  expires INTEGER NOT NULL
);
CREATE TABLE appointments (
  id            TEXT PRIMARY KEY,
  account       TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  patient_email TEXT NOT NULL,
  patient_name  TEXT NOT NULL,
  start         INTEGER NOT NULL,
  minutes       INTEGER NOT NULL,
  language      TEXT NOT NULL,
  status        TEXT NOT NULL CHECK (status IN ('planned', 'done', 'cancelled')),
  link          BLOB NOT NULL UNIQUE,
  created       INTEGER NOT NULL
);
CREATE INDEX appointments_by_day ON appointments(account, start);
CREATE TABLE passes (
  token       BLOB PRIMARY KEY,
  appointment TEXT NOT NULL REFERENCES appointments(id) ON DELETE CASCADE,
  person      TEXT NOT NULL,
  role        TEXT NOT NULL,
  expires     INTEGER NOT NULL
);
CREATE TABLE heartbeat (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL);
