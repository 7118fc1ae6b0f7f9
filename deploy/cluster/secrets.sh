#!/bin/sh
# secrets.sh FOLDER HOST[:PORT]: makes the passwords of the three roles of roles.sql, and the files that name them. Passwords
# that are there already stay.
#
# - NAME.password, for roles.sql: NAME is owner, server or delivery
# - NAME.env, for the environment of pop3svc: the URL of the database
# - postfix/accounts.cf, for Postfix: who has a mailbox
# - pgbouncer.users, for PgBouncer
# - pg_service.conf, for the programs of PostgreSQL: "service=mail" is the database, as its owner
set -eu
[ $# -eq 2 ] || { echo "usage: secrets.sh FOLDER HOST[:PORT]" >&2 && exit 2; }
folder=$1
host=$2
umask 077
mkdir -p "$folder/postfix"
: >"$folder/pgbouncer.users"
for each in owner server delivery; do
  case $each in
    server) role=pop3svc ;;
    *) role=pop3svc_$each ;;
  esac
  file=$folder/$each.password
  if [ ! -s "$file" ]; then
    # 192 bits, of letters and digits alone, so that no file has to quote it.
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file.new"
    mv "$file.new" "$file"
  fi
  password=$(cat "$file")
  # Without TLS: the database is in the same internal network, or on the same machine.
  echo "POP3SVC_POSTGRES=postgres://$role:$password@$host/mail?sslmode=disable" >"$folder/$each.env"
  if [ $each = owner ]; then
    # An IPv6 address is in brackets, which a URL needs and this file does not have.
    case $host in
      *]:* | *[!]]:*[!]]) address=${host%:*} port=${host##*:} ;;
      *) address=$host port=5432 ;;
    esac
    address=${address#[}
    cat >"$folder/pg_service.conf" <<END
[mail]
host=${address%]}
port=$port
dbname=mail
user=$role
password=$password
sslmode=disable
END
  else
    echo "\"$role\" \"$password\"" >>"$folder/pgbouncer.users"
  fi
done
cat >"$folder/postfix/accounts.cf" <<END
hosts = $host
user = $role
password = $password
dbname = mail
query = select 1 from pop3svc.account where name = lower('%s')
END
