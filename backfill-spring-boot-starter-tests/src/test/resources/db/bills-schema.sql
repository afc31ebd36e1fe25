create table bills (id bigint primary key, paid_at timestamptz);
insert into bills select g from generate_series(1, 10) g;
