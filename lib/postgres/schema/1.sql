-- Version 1. Every name is in the schema pop3svc, so that the tables may lie in a database beside others.
-- What must happen whole or not at all is a function: one statement, one transaction, also behind PgBouncer.

create table pop3svc.mailbox (
  id bigint generated always as identity primary key,
  name text not null unique check (name <> '' and name !~ '[[:cntrl:]]'),
  -- Another value after each delivery and deletion. It is random, so that it is never the same again after a failover.
  version uuid not null default gen_random_uuid()
);

create table pop3svc.account (
  name text primary key check (name <> ''),
  password text,
  mailbox text not null
);

create table pop3svc.message (
  id bigint generated always as identity primary key,
  mailbox bigint not null references pop3svc.mailbox on delete cascade,
  body bigint not null unique,
  unique_id text not null check (unique_id ~ '^[!-~]{1,70}$' and unique_id <> '_'),
  -- As POP3 counts them: with CRLF line ends, without byte-stuffing.
  octets bigint not null check (octets >= 0),
  -- Whether the body is sent as it is stored.
  is_clean boolean not null,
  delivered_at timestamptz not null default now(),
  unique (mailbox, unique_id)
);
create index message_order on pop3svc.message (mailbox, id) include (unique_id, octets);

-- The chunks come first: the size of a message is known at its end, and the mailbox is locked only then.
create sequence pop3svc.body;
create table pop3svc.chunk (
  body bigint not null references pop3svc.message (body) on delete cascade deferrable initially deferred,
  number integer not null,
  octets bytea not null,
  primary key (body, number)
);
-- PostgreSQL would try to compress each chunk, and take it apart at each reading.
alter table pop3svc.chunk alter octets set storage external;

create table pop3svc.lease (
  mailbox bigint primary key references pop3svc.mailbox on delete cascade,
  holder uuid not null,
  token uuid not null,
  expires_at timestamptz not null
);
create index lease_holder on pop3svc.lease (holder);

-- One row for each deletion: done, or given up before it was done. Whoever inserts the key first decides.
create table pop3svc.deletion (
  key uuid primary key,
  is_done boolean not null,
  at timestamptz not null default now()
);
create index deletion_at on pop3svc.deletion (at);

-- Failed logins, of which each process makes its own bans.
create table pop3svc.strike (
  id bigint generated always as identity primary key,
  -- The process that counted it.
  holder uuid not null,
  address text not null,
  attempt text,
  is_lift boolean not null,
  at timestamptz not null default clock_timestamp()
);
create index strike_at on pop3svc.strike (at);

-- The mailbox of a name, made when it is first needed.
create function pop3svc.mailbox_named(wanted text) returns bigint language plpgsql as $$
declare found bigint;
begin
  select id into found from pop3svc.mailbox where name = wanted;
  if found is null then
    insert into pop3svc.mailbox (name) values (wanted) on conflict (name) do nothing returning id into found;
  end if;
  if found is null then
    select id into found from pop3svc.mailbox where name = wanted;
  end if;
  return found;
end $$;

-- Adds a message, in the transaction that has inserted its chunks. The row of the mailbox stays locked until the end, so
-- that messages become visible in the order of their ids.
create function pop3svc.add_message(
  in_mailbox bigint, given_body bigint, given_unique_id text, given_octets bigint, given_clean boolean
) returns text language plpgsql as $$
-- With something random: after a restore, the sequence of the bodies begins again.
declare made text := 'p' || given_body || '-' || left(gen_random_uuid()::text, 8);
begin
  update pop3svc.mailbox set version = gen_random_uuid() where id = in_mailbox;
  if not found then raise exception 'there is no such mailbox' using errcode = 'no_data_found'; end if;
  insert into pop3svc.message (mailbox, body, unique_id, octets, is_clean)
    values (in_mailbox, given_body, coalesce(given_unique_id, made), given_octets, given_clean)
    returning unique_id into made;
  return made;
end $$;

-- Takes the lease of a mailbox. False while another session has it, also one whose deletion still runs after its lease has
-- lapsed: whoever waited for that row would hold a connection.
create function pop3svc.take_lease(
  of_mailbox bigint, by_holder uuid, with_token uuid, for_time interval
) returns boolean language plpgsql as $$
begin
  insert into pop3svc.lease (mailbox, holder, token, expires_at)
    values (of_mailbox, by_holder, with_token, clock_timestamp() + for_time)
    on conflict (mailbox) do nothing;
  if found then return true; end if;
  update pop3svc.lease set holder = by_holder, token = with_token, expires_at = clock_timestamp() + for_time
    where mailbox = (
      select mailbox from pop3svc.lease where mailbox = of_mailbox and expires_at <= clock_timestamp()
        for update skip locked
    );
  return found;
end $$;

-- Opens a mailbox for a session: takes its lease where the session wants one, and only then reads the list, unless the
-- session knows it already. The list is unique ids and sizes, with spaces between.
create function pop3svc.open_mailbox(
  in_mailbox bigint, known_version uuid, by_holder uuid, with_token uuid, for_time interval,
  out is_taken boolean, out now_version uuid, out list text
) language plpgsql as $$
begin
  is_taken := with_token is null or pop3svc.take_lease(in_mailbox, by_holder, with_token, for_time);
  if not is_taken then return; end if;
  select m.version,
      case when m.version is distinct from known_version then (
        select string_agg(ordered.unique_id || ' ' || ordered.octets, ' ') from (
          select unique_id, octets from pop3svc.message where mailbox = in_mailbox order by id
        ) as ordered
      ) end
    into now_version, list
    from pop3svc.mailbox as m where m.id = in_mailbox;
end $$;

-- Deletes all of these messages or none. The key is inserted first: whoever asks for the outcome waits for this
-- transaction. `with_token` is null for a session without a lease, which must not delete while another session has one.
create function pop3svc.delete_messages(
  deletion_key uuid, in_mailbox bigint, unique_ids text[], with_token uuid
) returns void language plpgsql as $$
begin
  insert into pop3svc.deletion (key, is_done) values (deletion_key, true);
  perform from pop3svc.mailbox where id = in_mailbox for no key update;
  if with_token is not null then
    perform from pop3svc.lease
      where mailbox = in_mailbox and token = with_token and expires_at > clock_timestamp() for update;
    if not found then raise exception 'the lease has lapsed' using errcode = 'P3001'; end if;
  elsif exists (select from pop3svc.lease where mailbox = in_mailbox and expires_at > clock_timestamp()) then
    raise exception 'another session has the lease' using errcode = 'P3002';
  end if;
  delete from pop3svc.message where mailbox = in_mailbox and unique_id = any(unique_ids);
  if found then
    update pop3svc.mailbox set version = gen_random_uuid() where id = in_mailbox;
  end if;
  -- Nobody asks after a day. Rows that another deletion removes now are skipped, so that none waits for another.
  delete from pop3svc.deletion where key in (
    select key from pop3svc.deletion where at < now() - interval '1 day'
      order by at limit 100 for update skip locked
  );
end $$;

-- Whether a deletion was done. One that was not can no longer be done after this question.
create function pop3svc.outcome(deletion_key uuid) returns boolean language plpgsql as $$
declare done boolean;
begin
  insert into pop3svc.deletion (key, is_done) values (deletion_key, false) on conflict (key) do nothing;
  select is_done into done from pop3svc.deletion where key = deletion_key;
  return done;
end $$;
