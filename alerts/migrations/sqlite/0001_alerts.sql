-- One row per alert: the columns that are searched by, and the alert itself as JSON, exactly as it is sent.
-- Text timestamps are RFC 3339 in UTC.
CREATE TABLE alerts (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    seq       BIGINT NOT NULL,
    camera_id TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    state     TEXT   NOT NULL,
    level     BIGINT NOT NULL,
    grid_code TEXT,
    opened_at TEXT   NOT NULL,
    closed_at TEXT,
    evidence_pending BOOLEAN NOT NULL,
    alert     TEXT   NOT NULL
);
CREATE INDEX alerts_open ON alerts (id) WHERE state = 'open';
CREATE INDEX alerts_evidence_pending ON alerts (id) WHERE evidence_pending;

-- Every persisted change, in the order of seq. A number is never used twice, also not after rows are deleted.
CREATE TABLE events (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    alert_id BIGINT NOT NULL REFERENCES alerts (id),
    change   TEXT   NOT NULL,
    at       TEXT   NOT NULL,
    alert    TEXT   NOT NULL
);
CREATE INDEX events_alert ON events (alert_id);
