-- 中间数据库（MySQL 5.7、MariaDB 10.4 或以上）。由数据库管理员在专用的空库中执行一次（先 USE 该库）；重复执行无害。
-- 两侧各一个用户：liandong_gov（政务外网侧）、liandong_police（公安网侧）。只可查询和增加，不可修改和删除。
-- 用户建好时是锁定的。为两个用户各设口令并启用：
--   ALTER USER 'liandong_gov'@'%' IDENTIFIED BY '……' REQUIRE SSL ACCOUNT UNLOCK;    liandong_police 同此
-- 服务器参数：max_allowed_packet 不小于 16M，innodb_flush_log_at_trx_commit = 1。

CREATE USER IF NOT EXISTS 'liandong_gov'@'%' ACCOUNT LOCK;
CREATE USER IF NOT EXISTS 'liandong_police'@'%' ACCOUNT LOCK;

-- 政务外网侧写、公安网侧读。一行一份报文。
CREATE TABLE IF NOT EXISTS gov_to_police (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  written_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  sender VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (sender REGEXP '^[0-9a-z-]+$'),
  receiver VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (receiver REGEXP '^[0-9a-z-]+$'),
  urgent TINYINT(1) NOT NULL DEFAULT 0,
  envelope LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  KEY gov_to_police_written (written_at),
  KEY gov_to_police_unread (sender, receiver, id, written_at)
) ENGINE = InnoDB;

-- 公安网侧写、政务外网侧读。
CREATE TABLE IF NOT EXISTS police_to_gov (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  written_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  sender VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (sender REGEXP '^[0-9a-z-]+$'),
  receiver VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (receiver REGEXP '^[0-9a-z-]+$'),
  urgent TINYINT(1) NOT NULL DEFAULT 0,
  envelope LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  KEY police_to_gov_written (written_at),
  KEY police_to_gov_unread (sender, receiver, id, written_at)
) ENGINE = InnoDB;

-- 读的一侧对每一行的处理：taken 已收存，refused 已隔离（why 写明原因），seen 隔离的已由人看过。
CREATE TABLE IF NOT EXISTS handled (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  handled_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  outbox VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (outbox IN ('gov_to_police', 'police_to_gov')),
  row_id BIGINT NOT NULL,
  row_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  node VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  outcome VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (outcome IN ('taken', 'refused', 'seen')),
  why VARCHAR(2000) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  KEY handled_row (outbox, row_id, row_at)
) ENGINE = InnoDB;

GRANT SELECT, INSERT (sender, receiver, urgent, envelope) ON gov_to_police TO 'liandong_gov'@'%';
GRANT SELECT ON police_to_gov TO 'liandong_gov'@'%';
GRANT SELECT, INSERT (outbox, row_id, row_at, node, outcome, why) ON handled TO 'liandong_gov'@'%';
GRANT SELECT ON gov_to_police TO 'liandong_police'@'%';
GRANT SELECT, INSERT (sender, receiver, urgent, envelope) ON police_to_gov TO 'liandong_police'@'%';
GRANT SELECT, INSERT (outbox, row_id, row_at, node, outcome, why) ON handled TO 'liandong_police'@'%';
