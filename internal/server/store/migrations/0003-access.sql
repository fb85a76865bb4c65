-- Every link to an appointment, the patient's too, under the hash of its code. appointments.link
-- stays for older programs and is not read any more.
CREATE TABLE links (
  code        BLOB PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  appointment TEXT NOT NULL REFERENCES appointments(id) ON DELETE CASCADE,
  role        TEXT NOT NULL CHECK (role IN ('patient', 'colleague', 'interpreter', 'companion', 'observer')),
  name        TEXT NOT NULL,
  email       TEXT NOT NULL,
  relation    TEXT NOT NULL,
  uses        INTEGER NOT NULL DEFAULT 0 -- how many people it has brought
);
CREATE INDEX links_by_appointment ON links(appointment);
INSERT INTO links(code, id, appointment, role, name, email, relation)
  SELECT link, 'p-' || id, id, 'patient', patient_name, patient_email, '' FROM appointments;
ALTER TABLE passes ADD COLUMN link TEXT NOT NULL DEFAULT '';
DELETE FROM passes; -- they live for a minute
-- When somebody last did something with a session; 0 is not known yet.
ALTER TABLE sessions ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
-- Second factors: the secret is encrypted (package factor), codes are SHA-256 hashes.
CREATE TABLE factors (
  account TEXT PRIMARY KEY REFERENCES accounts(id) ON DELETE CASCADE,
  secret  BLOB NOT NULL,
  step    INTEGER NOT NULL DEFAULT 0, -- of the newest code that was taken
  created INTEGER NOT NULL
);
CREATE TABLE recovery_codes (
  account TEXT NOT NULL REFERENCES factors(account) ON DELETE CASCADE,
  code    BLOB NOT NULL,
  PRIMARY KEY (account, code)
);
