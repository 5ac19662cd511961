-- The schema as a whole: PostgreSQL came with version 3 of it. The columns are those of SQLite.
-- Text timestamps are RFC 3339 in UTC; numbers are milliseconds since 1970.
CREATE TABLE alerts (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq       BIGINT NOT NULL,
    camera_id TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    state     TEXT   NOT NULL,
    level     BIGINT NOT NULL,
    grid_code TEXT,
    zone      TEXT,
    opened_at TEXT   NOT NULL,
    ended_at  TEXT,
    closed_at TEXT,
    open      BOOLEAN NOT NULL DEFAULT TRUE,
    lasting   BOOLEAN NOT NULL DEFAULT TRUE,
    drill     BOOLEAN NOT NULL DEFAULT FALSE,
    evidence_pending BOOLEAN NOT NULL,
    alert     TEXT   NOT NULL
);
CREATE INDEX alerts_evidence_pending ON alerts (id) WHERE evidence_pending;
CREATE INDEX alerts_open ON alerts (id) WHERE open;
CREATE INDEX alerts_lasting ON alerts (id) WHERE lasting;
CREATE INDEX alerts_opened ON alerts (opened_at);
CREATE UNIQUE INDEX alerts_lasting_zone ON alerts (camera_id, kind, zone) WHERE lasting AND zone IS NOT NULL;

-- Every persisted change, in the order of seq. A number is never used twice, also not after rows are deleted.
CREATE TABLE events (
    seq      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id BIGINT NOT NULL REFERENCES alerts (id),
    change   TEXT   NOT NULL,
    at       TEXT   NOT NULL,
    alert    TEXT   NOT NULL
);
CREATE INDEX events_alert ON events (alert_id);

-- Nobody can change what was done: not even this program.
CREATE TABLE timeline (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id BIGINT NOT NULL REFERENCES alerts (id),
    at       BIGINT NOT NULL,
    entry    TEXT   NOT NULL
);
CREATE INDEX timeline_alert ON timeline (alert_id);
CREATE FUNCTION timeline_is_only_added_to() RETURNS TRIGGER AS $$
BEGIN
    RAISE EXCEPTION 'the timeline is only added to';
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER timeline_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON timeline
    FOR EACH STATEMENT EXECUTE FUNCTION timeline_is_only_added_to();

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
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
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
