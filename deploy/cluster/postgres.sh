#!/bin/sh
# Runs PostgreSQL until it is stopped: postgres.sh FOLDER SECRETS ADDRESS PORT. At the first start it makes the database and
# the roles of roles.sql. Its superuser has no password, and can connect through the socket in FOLDER/data only.
set -eu
[ $# -eq 4 ] || { echo "usage: postgres.sh FOLDER SECRETS ADDRESS PORT" >&2 && exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
export SECRETS="$2"
address=$3
port=$4
if ! command -v initdb >/dev/null; then
  for each in /usr/lib/postgresql/*/bin; do PATH=$each:$PATH; done
fi
umask 077
if [ ! -d "$folder/data" ]; then
  rm -rf "$folder/new"
  initdb --pgdata="$folder/new" --username=postgres --auth-local=trust --auth-host=reject \
    --encoding=UTF8 --locale=C --data-checksums >/dev/null
  echo 'host mail pop3svc_owner,pop3svc,pop3svc_delivery all scram-sha-256' >>"$folder/new/pg_hba.conf"
  # initdb has written rejections of this machine before that line.
  sed -i '/reject$/d' "$folder/new/pg_hba.conf"
  pg_ctl --pgdata="$folder/new" --wait --silent -o "-c listen_addresses='' -k '$folder/new'" start
  psql --no-psqlrc --quiet --host="$folder/new" --username=postgres --dbname=postgres --file="$here/roles.sql"
  pg_ctl --pgdata="$folder/new" --wait --silent stop
  # An interruption before this line begins all of it again.
  mv "$folder/new" "$folder/data"
fi
exec postgres -D "$folder/data" -k "$folder/data" -p "$port" -c "listen_addresses=$address"
