CREATE TABLE IF NOT EXISTS meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS raw (
  id INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL,
  question TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  host TEXT NOT NULL,
  asked_at TEXT NOT NULL,
  status INTEGER,
  headers TEXT NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL,
  body BLOB NOT NULL,
  sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS raw_question ON raw (generation, question, id);
CREATE TABLE IF NOT EXISTS inherited (
  generation INTEGER NOT NULL,
  raw INTEGER NOT NULL REFERENCES raw (id),
  PRIMARY KEY (generation, raw)
) STRICT, WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS counted AS
  SELECT generation AS of, id, question FROM raw
  UNION ALL
  SELECT inherited.generation, raw.id, raw.question FROM inherited JOIN raw ON raw.id = inherited.raw;
CREATE TABLE IF NOT EXISTS transfer (
  chain TEXT NOT NULL, tx TEXT NOT NULL, kind INTEGER NOT NULL, asset TEXT NOT NULL,
  sender TEXT NOT NULL, receiver TEXT NOT NULL, amount TEXT NOT NULL, nth INTEGER NOT NULL,
  height INTEGER NOT NULL, tx_index INTEGER NOT NULL, position TEXT NOT NULL, time INTEGER NOT NULL,
  raw INTEGER NOT NULL REFERENCES raw (id),
  PRIMARY KEY (chain, tx, kind, asset, sender, receiver, amount, nth)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS coverage (
  chain TEXT NOT NULL, address TEXT NOT NULL, asset TEXT NOT NULL,
  low INTEGER NOT NULL, high INTEGER, source TEXT NOT NULL, weak TEXT NOT NULL, ended TEXT NOT NULL,
  PRIMARY KEY (chain, address, asset, low)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS said (
  generation INTEGER NOT NULL, address TEXT NOT NULL, labels TEXT NOT NULL,
  PRIMARY KEY (generation, address)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS approval (
  chain TEXT NOT NULL, tx TEXT NOT NULL, position TEXT NOT NULL, time INTEGER NOT NULL, token TEXT NOT NULL,
  owner TEXT NOT NULL, spender TEXT NOT NULL, amount TEXT,
  PRIMARY KEY (chain, tx, position, token, owner, spender)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run (
  id INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL,
  version TEXT NOT NULL,
  arguments TEXT NOT NULL,
  inputs TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  exit_code INTEGER,
  result TEXT,
  result_sha256 TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS journal (
  n INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  event TEXT NOT NULL,
  what TEXT NOT NULL,
  before TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
