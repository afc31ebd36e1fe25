create table ${schema}.state_version (
  version integer not null,
  installed_at timestamptz not null default clock_timestamp()
);

-- One row per run. Written by heartbeats, window claims and phase changes, never by batches.
create table ${schema}.run (
  name text primary key,
  table_oid oid not null,
  table_name text not null,
  column_name text not null,
  definition jsonb not null,
  phase text not null default 'EXPAND',
  state text not null default 'STOPPED',
  requested_action text
    check (requested_action in ('pause', 'resume', 'stop')),
  contract_approved boolean not null default false,
  instant boolean not null default false,
  -- It ended without NOT NULL, as its definition asked; one that asks for it may go on from there.
  without_contract boolean not null default false,
  owner text,
  epoch bigint not null default 0,
  lease_until timestamptz,
  frontier_leaf oid,
  frontier text[],
  bound text[],
  leaves_done oid[] not null default '{}',
  windows bigint not null default 0,
  swept_rows bigint not null default 0,
  last_error text,
  -- What the owner waits for, with value and limit; written every second.
  waiting_for text,
  waiting_since timestamptz,
  -- How far it is by its own estimate, 0 to 1, and the time left at the last minute's pace.
  share_done float8 not null default 0,
  remaining interval,
  -- Limits, caps and workers that operators want changed: '{"replication-lag": 10, "workers": 2}'.
  settings jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
) with (fillfactor = 50);

-- Two runs would mix their values, and each refuse the other from then on.
create unique index on ${schema}.run (table_oid, column_name) where phase <> 'DONE';

-- One row per claimed range of keys or of blocks: the only row that a batch writes. No index but the key, so that
-- every checkpoint is a HOT update; a fresh row per window bounds the chain of versions that a foreign
-- snapshot keeps.
create table ${schema}.run_window (
  run text not null references ${schema}.run (name) on delete cascade,
  number bigint not null,
  leaf oid not null,
  leaf_name text not null,
  kind text not null default 'key' check (kind in ('key', 'block')),
  lo text[],
  hi text[] not null,
  stripes smallint not null,
  stripe_by text not null check (stripe_by in ('hash', 'sequence')),
  stripe smallint not null default 0,
  cursor text[],
  done boolean not null default false,
  epoch bigint not null,
  rows bigint not null default 0,
  hot_rows bigint not null default 0,
  batches bigint not null default 0,
  claimed_at timestamptz not null default clock_timestamp(),
  primary key (run, number)
) with (fillfactor = 50);

create table ${schema}.event (
  id bigint generated always as identity primary key,
  run text not null references ${schema}.run (name) on delete cascade,
  at timestamptz not null default clock_timestamp(),
  kind text not null,
  detail text not null
);

insert into ${schema}.state_version (version) values (1);
