create table orders (
  id           bigint generated always as identity primary key,
  customer     text not null,
  amount_cents bigint not null,
  placed_at    timestamptz not null default now(),
  shipped_at   timestamptz
);

create index on orders (customer);

-- The orders of the years before.
insert into orders (customer, amount_cents, placed_at, shipped_at)
select 'customer ' || n % 1000,
       100 + n % 9900,
       now() - make_interval(mins => ${rows} - n),
       case when n % 5 > 0 then now() - make_interval(mins => ${rows} - n - 60) end
from generate_series(1, ${rows}) n;
