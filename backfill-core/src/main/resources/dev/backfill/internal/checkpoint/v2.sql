-- What EXPAND made itself, so that abandoning a run takes away nothing else. NULL: it was there before.
alter table ${schema}.run
  add column added_attnum smallint,
  add column default_oid oid,
  -- The relfilenode whose places frontier and bound are; NULL where they are keys.
  add column frontier_file oid,
  drop constraint run_requested_action_check,
  add constraint run_requested_action_check
    check (requested_action in ('pause', 'resume', 'stop', 'abandon'));

-- An abandoned run keeps its row, for its epoch and its history, and stands in nobody's way.
drop index ${schema}.run_table_oid_column_name_idx;
create unique index on ${schema}.run (table_oid, column_name)
  where phase <> 'DONE' and state <> 'ABANDONED';

-- The rows that a run put aside, by key. A key may be longer than an index entry: its hash stands for it.
create table ${schema}.quarantine (
  run text not null references ${schema}.run (name) on delete cascade,
  leaf oid not null,
  leaf_name text not null,
  key text[] not null,
  key_hash bytea not null,
  sqlstate text not null,
  message text not null,
  attempts integer not null default 1,
  found_at timestamptz not null default clock_timestamp(),
  primary key (run, leaf, key_hash)
);

-- How far a comparison of all rows with the value expression is, in blocks of a leaf.
create table ${schema}.verification (
  run text primary key references ${schema}.run (name) on delete cascade,
  leaf oid,
  -- The relfilenode whose blocks are counted: a rewrite puts its rows elsewhere, and the leaf is begun again.
  leaf_file oid,
  block bigint not null default 0,
  leaves_done oid[] not null default '{}',
  rows_compared bigint not null default 0,
  rows_unfilled bigint not null default 0,
  rows_different bigint not null default 0,
  -- The part of the leaf in them.
  leaf_compared bigint not null default 0,
  leaf_unfilled bigint not null default 0,
  leaf_different bigint not null default 0,
  share_done double precision not null default 0,
  waiting_for text,
  owner text,
  epoch bigint not null default 0,
  lease_until timestamptz,
  started_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
) with (fillfactor = 50);

-- The first rows that differ, by key; problem says why their value could not be computed, where it could not.
create table ${schema}.difference (
  id bigint generated always as identity primary key,
  run text not null references ${schema}.run (name) on delete cascade,
  leaf oid not null,
  leaf_name text not null,
  key text[] not null,
  problem text,
  found_at timestamptz not null default clock_timestamp()
);

insert into ${schema}.state_version (version) values (2);
