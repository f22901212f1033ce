-- A region's rows. Times are milliseconds since the Unix epoch.

CREATE TABLE store (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    incarnation {bytes} NOT NULL,
    key_check {bytes} NOT NULL,
    epoch BIGINT NOT NULL
);

-- One row, which those who create copies lock in turn, so that the quota of copies in flight is exact.
CREATE TABLE copy_admission (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1)
);
INSERT INTO copy_admission (id) VALUES (1);

-- How many snapshots an account has: kept by whoever creates or deletes one, in the same transaction.
CREATE TABLE account_usage (
    account {text} NOT NULL PRIMARY KEY,
    snapshots BIGINT NOT NULL CHECK (snapshots >= 0)
);

CREATE TABLE domains (
    id {id},
    account {text} NOT NULL,
    kms_key {text},
    generation BIGINT NOT NULL,
    wrapped_secret {bytes} NOT NULL
);
CREATE UNIQUE INDEX domains_scope ON domains (account, COALESCE(kms_key, ''), generation);

-- The id is the fencing token. A session of an upload has no lease: it lasts as long as the upload.
CREATE TABLE sessions (
    id {id},
    kind {text} NOT NULL CHECK (kind IN ('upload', 'job', 'read', 'gc')),
    node {text} NOT NULL,
    lease_until BIGINT,
    state {text} NOT NULL CHECK (state IN ('live', 'dead', 'done')),
    upload {text}
);
CREATE INDEX sessions_leased ON sessions (lease_until) WHERE state = 'live' AND lease_until IS NOT NULL;
CREATE INDEX sessions_of_upload ON sessions (upload) WHERE upload IS NOT NULL;

CREATE TABLE segments (
    id {bytes} NOT NULL PRIMARY KEY,
    session BIGINT NOT NULL,
    domain BIGINT NOT NULL REFERENCES domains (id),
    state {text} NOT NULL CHECK (state IN ('intent', 'sealed', 'condemned', 'expired', 'gone')),
    pin_count BIGINT NOT NULL CHECK (pin_count >= 0),
    touch_epoch BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    slots BIGINT NOT NULL,
    created BIGINT NOT NULL,
    -- Among segments of one upload: what lies in a later one was written later. 0 in others.
    upload_order BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX segments_of_session ON segments (session);
CREATE INDEX segments_of_domain ON segments (domain, id) WHERE state = 'sealed';

-- Who holds which segment. A segment's pin_count is the number of its rows here.
CREATE TABLE session_pins (
    session BIGINT NOT NULL REFERENCES sessions (id),
    segment {bytes} NOT NULL REFERENCES segments (id),
    PRIMARY KEY (session, segment)
);
CREATE INDEX session_pins_of_segment ON session_pins (segment);

-- A deleted snapshot stays as a row that nobody is shown, for the sessions that hold its root.
CREATE TABLE snapshots (
    id {text} NOT NULL PRIMARY KEY,
    account {text} NOT NULL,
    origin {text} NOT NULL CHECK (origin IN ('upload', 'copy')),
    state {text} NOT NULL CHECK (state IN ('pending', 'completed', 'error')),
    state_message {text},
    progress BIGINT NOT NULL CHECK (progress BETWEEN 0 AND 100),
    start_time BIGINT NOT NULL,
    completion_time BIGINT,
    volume_gib BIGINT,
    blocks BIGINT,
    description {text} NOT NULL,
    transfer_minutes BIGINT,
    parent {text},
    lineage {text} NOT NULL,
    source_region {text},
    source_snapshot {text},
    root {bytes},
    domain BIGINT REFERENCES domains (id),
    bytes_moved BIGINT NOT NULL DEFAULT 0,
    bytes_shared BIGINT NOT NULL DEFAULT 0,
    deleted BIGINT NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1))
);
CREATE INDEX snapshots_newest_first ON snapshots (account, start_time DESC, id) WHERE deleted = 0;
CREATE INDEX snapshots_of_lineage ON snapshots (account, lineage, start_time DESC, id) WHERE deleted = 0;
CREATE INDEX snapshots_pending ON snapshots (origin, account) WHERE state = 'pending' AND deleted = 0;
CREATE INDEX snapshots_in_error ON snapshots (account) WHERE state = 'error' AND deleted = 0;
CREATE INDEX snapshots_deleted ON snapshots (id) WHERE deleted = 1;

CREATE TABLE tags (
    account {text} NOT NULL,
    snapshot {text} NOT NULL REFERENCES snapshots (id),
    name {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (account, snapshot, name)
);

CREATE TABLE root_pins (
    session BIGINT NOT NULL REFERENCES sessions (id),
    snapshot {text} NOT NULL REFERENCES snapshots (id),
    PRIMARY KEY (session, snapshot)
);
CREATE INDEX root_pins_of_snapshot ON root_pins (snapshot);

CREATE TABLE uploads (
    snapshot {text} NOT NULL PRIMARY KEY REFERENCES snapshots (id),
    timeout_ms BIGINT NOT NULL,
    last_activity BIGINT NOT NULL,
    state {text} NOT NULL CHECK (state IN ('open', 'sealing', 'done')),
    -- The highest upload_order given out.
    segment_order BIGINT NOT NULL DEFAULT 0,
    changed_blocks BIGINT,
    checksum {bytes}
);
CREATE INDEX uploads_open ON uploads (last_activity) WHERE state = 'open';

CREATE TABLE client_tokens (
    account {text} NOT NULL,
    token {text} NOT NULL,
    request_hash {bytes} NOT NULL,
    snapshot {text} NOT NULL,
    PRIMARY KEY (account, token)
);
CREATE INDEX client_tokens_of_snapshot ON client_tokens (snapshot);

-- Jobs of one lane run one after the other, in the order of their ids.
CREATE TABLE jobs (
    id {id},
    kind {text} NOT NULL CHECK (kind IN ('copy', 'complete_upload')),
    snapshot {text} NOT NULL UNIQUE REFERENCES snapshots (id),
    lane {text},
    state {text} NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    session BIGINT REFERENCES sessions (id),
    attempt BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    created BIGINT NOT NULL,
    payload {bytes} NOT NULL
);
CREATE INDEX jobs_runnable ON jobs (run_at, id) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_of_lane ON jobs (lane, id) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_of_session ON jobs (session) WHERE session IS NOT NULL;

-- The roots that a collection starts from, as they were at one moment after its epoch began.
CREATE TABLE collection_roots (
    snapshot {text} NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL,
    root {bytes} NOT NULL
);
