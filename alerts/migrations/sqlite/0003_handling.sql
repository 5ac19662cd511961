-- What people do about an alert. Times are milliseconds since 1970, so that both databases compare them alike.

-- Until now an alert was open while what it is about lasted. From now on it is open until somebody has answered for it, and
-- `lasting` says the other. What had ended before is closed: nobody will judge it any more.
ALTER TABLE alerts ADD COLUMN open BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE alerts ADD COLUMN lasting BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE alerts ADD COLUMN drill BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE alerts ADD COLUMN ended_at TEXT;

UPDATE alerts SET open = FALSE, lasting = FALSE, ended_at = closed_at, alert = json_set(json_remove(alert, '$.close_reason'),
    '$.ended_at', json_extract(alert, '$.closed_at'), '$.end_reason', json_extract(alert, '$.close_reason')) WHERE state = 'closed';
UPDATE alerts SET state = 'pending', alert = json_set(json_remove(alert, '$.close_reason'),
    '$.state', 'pending', '$.ended_at', NULL, '$.end_reason', NULL) WHERE state = 'open';

UPDATE alerts SET alert = json_set(alert, '$.drill', json('false'), '$.step', 0, '$.departments', json('[]'), '$.supervision', 0,
    '$.backlog', json('false'), '$.reopened', 0, '$.times', json('{}'), '$.clocks', json('[]'),
    '$.called', json('{"steps":0,"people":[],"nobody":false,"returned":[]}'));

-- Changes are told in the new words only; who listens loads the alerts again. The newest stays, for its number.
DELETE FROM events WHERE seq < (SELECT max(seq) FROM events);
UPDATE events SET alert = (SELECT alerts.alert FROM alerts WHERE alerts.id = alert_id);

DROP INDEX alerts_open;
DROP INDEX alerts_open_zone;
CREATE INDEX alerts_open ON alerts (id) WHERE open;
CREATE INDEX alerts_lasting ON alerts (id) WHERE lasting;
CREATE INDEX alerts_opened ON alerts (opened_at);
CREATE UNIQUE INDEX alerts_lasting_zone ON alerts (camera_id, kind, zone) WHERE lasting AND zone IS NOT NULL;

-- Nobody can change what was done: not even this program.
CREATE TABLE timeline (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    alert_id BIGINT NOT NULL REFERENCES alerts (id),
    at       BIGINT NOT NULL,
    entry    TEXT   NOT NULL
);
CREATE INDEX timeline_alert ON timeline (alert_id);
CREATE TRIGGER timeline_is_not_changed BEFORE UPDATE ON timeline BEGIN SELECT RAISE(ABORT, 'the timeline is only added to'); END;
CREATE TRIGGER timeline_is_not_deleted BEFORE DELETE ON timeline BEGIN SELECT RAISE(ABORT, 'the timeline is only added to'); END;

-- The clocks that run. A clock that was met or has fired is told by the timeline.
CREATE TABLE clocks (
    alert_id BIGINT NOT NULL REFERENCES alerts (id),
    clock    TEXT   NOT NULL,
    due_at   BIGINT NOT NULL,
    PRIMARY KEY (alert_id, clock)
);
CREATE INDEX clocks_due ON clocks (due_at);

-- Messages to people, groups and systems, written with the change that caused them.
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    key          TEXT   NOT NULL UNIQUE,
    alert_id     BIGINT REFERENCES alerts (id),
    channel      TEXT   NOT NULL,
    recipient    TEXT   NOT NULL,
    person       TEXT,
    why          TEXT   NOT NULL,
    urgency      BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    notice       TEXT   NOT NULL,
    attempts     BIGINT NOT NULL DEFAULT 0,
    due_at       BIGINT NOT NULL,
    leased_until BIGINT,
    created_at   BIGINT NOT NULL,
    sent_at      BIGINT,
    delivered_at BIGINT,
    seen_at      BIGINT,
    accepted_at  BIGINT,
    ended_at     BIGINT,
    answer       TEXT
);
CREATE INDEX deliveries_queued ON deliveries (channel, urgency, due_at) WHERE state = 'queued';
CREATE INDEX deliveries_alert ON deliveries (alert_id);
CREATE INDEX deliveries_person ON deliveries (person, id) WHERE person IS NOT NULL;

-- What people set up: the newest version of each document counts, and every version is kept.
CREATE TABLE documents (
    kind    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    version BIGINT  NOT NULL,
    at      BIGINT  NOT NULL,
    made_by TEXT    NOT NULL,
    removed BOOLEAN NOT NULL,
    body    TEXT    NOT NULL,
    PRIMARY KEY (kind, id, version)
);

-- Each version of each grid; a time of NULL has not come.
CREATE TABLE grids (
    code       TEXT   NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to   BIGINT,
    name       TEXT   NOT NULL,
    level      TEXT   NOT NULL,
    parent     TEXT,
    households BIGINT,
    people     BIGINT,
    area       TEXT   NOT NULL,
    PRIMARY KEY (code, valid_from)
);

-- A server that opens the database counts this up; one that finds another number than its own stops writing.
CREATE TABLE holder (epoch BIGINT NOT NULL);
INSERT INTO holder (epoch) VALUES (0);
