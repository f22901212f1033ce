-- The deployment's own rows: accounts and the keys that sign requests.

CREATE TABLE accounts (
    id {text} NOT NULL PRIMARY KEY,
    created BIGINT NOT NULL
);

CREATE TABLE access_keys (
    id {text} NOT NULL PRIMARY KEY,
    account {text} NOT NULL REFERENCES accounts (id),
    principal_arn {text} NOT NULL,
    user_id {text} NOT NULL,
    sealed_secret {bytes} NOT NULL,
    sealed_session_token {bytes},
    active BIGINT NOT NULL CHECK (active IN (0, 1)),
    created BIGINT NOT NULL
);

CREATE INDEX access_keys_of_account ON access_keys (account, id);
