-- Keys of accounts, and what accounts set for their new snapshots. Times are milliseconds since the Unix epoch.

-- A deleted key stays as a row without material, so that what was sealed under it can be told from what never was. Its
-- deletion date stays until its material is gone.
CREATE TABLE kms_keys (
    id {text} NOT NULL PRIMARY KEY,
    account {text} NOT NULL,
    manager {text} NOT NULL CHECK (manager IN ('AWS', 'CUSTOMER')),
    state {text} NOT NULL CHECK (state IN ('Enabled', 'Disabled', 'PendingDeletion', 'Deleted')),
    description {text} NOT NULL,
    created BIGINT NOT NULL,
    deletion_date BIGINT,
    policy {text} NOT NULL,
    -- Grows with each change of state, policy or grants: what was read of them is kept by it.
    revision BIGINT NOT NULL,
    current_material {bytes} NOT NULL,
    -- Both or neither: a key that does not rotate by itself has none.
    rotation_days BIGINT,
    next_rotation BIGINT,
    CHECK (state = 'Deleted' OR (state = 'PendingDeletion') = (deletion_date IS NOT NULL)),
    CHECK ((rotation_days IS NULL) = (next_rotation IS NULL))
);
CREATE INDEX kms_keys_of_account ON kms_keys (account, id) WHERE state <> 'Deleted';
CREATE INDEX kms_keys_to_rotate ON kms_keys (next_rotation, id) WHERE state = 'Enabled' AND next_rotation IS NOT NULL;
CREATE INDEX kms_keys_to_delete ON kms_keys (deletion_date, id) WHERE deletion_date IS NOT NULL;

-- Key material, wrapped under the region key. Material that is not current still opens what was sealed under it.
-- The first material of a key comes of no rotation.
CREATE TABLE kms_materials (
    kms_key {text} NOT NULL REFERENCES kms_keys (id),
    id {bytes} NOT NULL,
    wrapped {bytes} NOT NULL,
    created BIGINT NOT NULL,
    rotation {text} CHECK (rotation IN ('AUTOMATIC', 'ON_DEMAND')),
    PRIMARY KEY (kms_key, id)
);
CREATE INDEX kms_materials_in_order ON kms_materials (kms_key, created, id);

CREATE TABLE kms_aliases (
    account {text} NOT NULL,
    name {text} NOT NULL,
    kms_key {text} NOT NULL REFERENCES kms_keys (id),
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    PRIMARY KEY (account, name)
);
CREATE INDEX kms_aliases_of_key ON kms_aliases (kms_key, name);

CREATE TABLE kms_tags (
    kms_key {text} NOT NULL REFERENCES kms_keys (id),
    name {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (kms_key, name)
);

-- Operations are words with commas between them, sorted.
CREATE TABLE kms_grants (
    id {text} NOT NULL PRIMARY KEY,
    kms_key {text} NOT NULL REFERENCES kms_keys (id),
    name {text},
    grantee {text} NOT NULL,
    retiring {text},
    issuer {text} NOT NULL,
    operations {text} NOT NULL,
    constraints {bytes} NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX kms_grants_of_key ON kms_grants (kms_key, id);
CREATE INDEX kms_grants_of_grantee ON kms_grants (kms_key, grantee, id);
CREATE INDEX kms_grants_of_retiring ON kms_grants (retiring, id) WHERE retiring IS NOT NULL;

-- What an account has set for its new snapshots in this region.
CREATE TABLE ebs_settings (
    account {text} NOT NULL PRIMARY KEY,
    encryption_by_default BIGINT NOT NULL DEFAULT 0 CHECK (encryption_by_default IN (0, 1)),
    default_key {text} REFERENCES kms_keys (id)
);
CREATE INDEX ebs_settings_of_key ON ebs_settings (default_key) WHERE default_key IS NOT NULL;

-- Which material of its key wraps the domain's secret. None if the region key does.
ALTER TABLE domains ADD COLUMN kms_material {bytes};
CREATE INDEX domains_of_key ON domains (kms_key, id) WHERE kms_key IS NOT NULL;

-- How many keys of its own an account has: kept by whoever makes or deletes one, in the same transaction.
ALTER TABLE account_usage ADD COLUMN kms_keys BIGINT NOT NULL DEFAULT 0 CHECK (kms_keys >= 0);
