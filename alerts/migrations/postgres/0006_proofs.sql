-- When something last came through to each end of the chain. Times are milliseconds since 1970.
CREATE TABLE proofs (
    kind TEXT   NOT NULL,
    name TEXT   NOT NULL,
    at   BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);
