-- 中间数据库（PostgreSQL 12 或以上；库须为 UTF8 编码）。由数据库管理员以属主身份在专用的空库中执行一次；重复执行无害。
-- 两侧各一个用户：liandong_gov（政务外网侧）、liandong_police（公安网侧）。只可查询和增加，不可修改和删除。
-- 建好后为两个用户各设口令：  ALTER ROLE liandong_gov LOGIN PASSWORD '……';   ALTER ROLE liandong_police LOGIN PASSWORD '……';

DO $$
BEGIN
  CREATE ROLE liandong_gov NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
  CREATE ROLE liandong_police NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

-- 政务外网侧写、公安网侧读。一行一份报文。
CREATE TABLE IF NOT EXISTS gov_to_police (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sender varchar(40) NOT NULL CHECK (sender ~ '^[0-9a-z-]+$'),
  receiver varchar(40) NOT NULL CHECK (receiver ~ '^[0-9a-z-]+$'),
  urgent boolean NOT NULL DEFAULT false,
  envelope text NOT NULL
);
CREATE INDEX IF NOT EXISTS gov_to_police_written ON gov_to_police (written_at);
CREATE INDEX IF NOT EXISTS gov_to_police_unread ON gov_to_police (sender, receiver, id, written_at);

-- 公安网侧写、政务外网侧读。
CREATE TABLE IF NOT EXISTS police_to_gov (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sender varchar(40) NOT NULL CHECK (sender ~ '^[0-9a-z-]+$'),
  receiver varchar(40) NOT NULL CHECK (receiver ~ '^[0-9a-z-]+$'),
  urgent boolean NOT NULL DEFAULT false,
  envelope text NOT NULL
);
CREATE INDEX IF NOT EXISTS police_to_gov_written ON police_to_gov (written_at);
CREATE INDEX IF NOT EXISTS police_to_gov_unread ON police_to_gov (sender, receiver, id, written_at);

-- 读的一侧对每一行的处理：taken 已收存，refused 已隔离（why 写明原因），seen 隔离的已由人看过。
CREATE TABLE IF NOT EXISTS handled (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  handled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  outbox varchar(20) NOT NULL CHECK (outbox IN ('gov_to_police', 'police_to_gov')),
  row_id bigint NOT NULL,
  row_at timestamptz NOT NULL,
  node varchar(40) NOT NULL,
  outcome varchar(10) NOT NULL CHECK (outcome IN ('taken', 'refused', 'seen')),
  why varchar(2000) NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS handled_row ON handled (outbox, row_id, row_at);

REVOKE ALL ON gov_to_police, police_to_gov, handled FROM PUBLIC, liandong_gov, liandong_police;
GRANT USAGE ON SCHEMA public TO liandong_gov, liandong_police;
GRANT SELECT ON gov_to_police, police_to_gov, handled TO liandong_gov, liandong_police;
GRANT INSERT (sender, receiver, urgent, envelope) ON gov_to_police TO liandong_gov;
GRANT INSERT (sender, receiver, urgent, envelope) ON police_to_gov TO liandong_police;
GRANT INSERT (outbox, row_id, row_at, node, outcome, why) ON handled TO liandong_gov, liandong_police;
