#!/bin/sh
# The cluster of compose.yaml without containers, on one machine: HAProxy, three pop3svc, PostgreSQL, and PgBouncer if wanted,
# each a process on loopback, all files in one folder. For trials and tests: the certificate is self-signed.
set -eu

usage() {
  cat <<'END'
usage: deploy/cluster/local.sh start FOLDER [options]   makes what is missing in FOLDER, starts all parts, and
                                                        prints where they are
       deploy/cluster/local.sh start FOLDER PART        starts one part again
       deploy/cluster/local.sh stop FOLDER [PART]       stops all parts, or one

Options of the first start:
  --port N            the port of HAProxy without TLS from the start (default: a free one)
  --tls-port N        the port of HAProxy with implicit TLS (default: a free one)
  --executable FILE   the program (default: dist/pop3svc of this clone)
  --pgbouncer         pop3svc reaches PostgreSQL through PgBouncer
  --help              print this

Parts: postgres, pgbouncer, pop3svc-1, pop3svc-2, pop3svc-3, haproxy. FOLDER/PART.pid has the process of a part,
and FOLDER/PART.log what it says. Root runs PostgreSQL and PgBouncer as nobody, since they refuse root.
END
}

fail() {
  echo "local.sh: $*" >&2
  exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
case ${1:-} in
  --help) usage && exit 0 ;;
  start | stop) ;;
  *) usage >&2 && exit 2 ;;
esac
[ $# -gt 1 ] || fail "name a folder; see --help"
deed=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2

executable=$(dirname "$(dirname "$here")")/dist/pop3svc
port='' tls_port='' pgbouncer=no part=''
while [ $# -gt 0 ]; do
  case $1 in
    --port | --tls-port | --executable)
      [ $# -gt 1 ] || fail "$1 needs a value; see --help"
      case $1 in
        --port) port=$2 ;;
        --tls-port) tls_port=$2 ;;
        --executable) executable=$2 ;;
      esac
      shift
      ;;
    --pgbouncer) pgbouncer=yes ;;
    postgres | pgbouncer | pop3svc-[123] | haproxy) part=$1 ;;
    *) fail "unknown $1; see --help" ;;
  esac
  shift
done

# Ports that nobody has now, below those that the system gives to clients.
free_ports() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v wanted="$1" -v seed="$(od -An -N3 -tu4 /dev/urandom)" '
    { split($2, address, ":"); taken[address[2]] = 1 }
    END {
      srand(seed)
      while (wanted > 0) {
        port = 10000 + int(rand() * 22000)
        if (sprintf("%04X", port) in taken) continue
        taken[sprintf("%04X", port)] = 1
        print port
        wanted--
      }
    }'
}

# Whether a part runs. Its command names the folder: another process may have its number by now.
runs() {
  pid=$(cat "$folder/$1.pid" 2>/dev/null) || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$folder/"
}
has_ended() { ! runs "$1"; }

# is_open ADDRESS:PORT: as the system knows it. A try to connect would be a line in the log of the part.
is_open() {
  # The system writes the octets of an address from the last to the first.
  awk -v wanted="$(echo "$1" | tr .: '  ' | { read -r a b c d e && printf '%02X%02X%02X%02X:%04X' "$d" "$c" "$b" "$a" "$e"; })" \
    '$4 == "0A" && $2 == wanted { found = 1 } END { exit !found }' /proc/net/tcp
}

# wait_for PART COMMAND...: for half a minute at most.
wait_for() {
  waiting=$1
  left=600
  shift
  until "$@"; do
    left=$((left - 1))
    [ $left -gt 0 ] || fail "$waiting: see $folder/$waiting.log"
    sleep 0.05
  done
}
is_open_or_ended() { is_open "$2" || has_ended "$1"; }

# launch PART COMMAND...: in a session of its own, so that it outlives the terminal.
launch() {
  name=$1
  shift
  setsid sh -c 'echo $$ >"$1.pid" && shift && exec "$@"' sh "$folder/$name" "$@" \
    >>"$folder/$name.log" 2>&1 </dev/null &
  wait_for "$name" runs "$name"
}

# as_nobody: begins a command that refuses to be run by root.
as_nobody=''
[ "$(id -u)" -ne 0 ] || as_nobody="setpriv --reuid=nobody --regid=$(id -g nobody) --clear-groups"

# as_role ROLE: exports the URL of the database. Other users can see command lines, and it holds a password.
as_role() {
  # shellcheck disable=SC1090
  . "$folder/secrets/$1.env"
  export POP3SVC_POSTGRES
}

# Starts a part that does not run. until_ready waits for it.
start() {
  ! runs "$1" || return 0
  unset POP3SVC_POSTGRES
  # shellcheck disable=SC2086
  case $1 in
    postgres)
      launch "$1" $as_nobody "$folder/postgres/postgres.sh" "$folder/postgres" "$folder/secrets" 127.0.0.1 "$POSTGRES_PORT"
      ;;
    pgbouncer)
      launch "$1" $as_nobody "$(PATH=$PATH:/usr/sbin command -v pgbouncer)" -q "$folder/pgbouncer.ini"
      ;;
    pop3svc-*)
      # An address of its own for each, so that all have the same ports.
      as_role server
      launch "$1" "$executable" serve \
        --host "127.0.1.${1#*-}" --port "$PORT" --tls-port "$TLS_PORT" --admin "127.0.1.${1#*-}:$ADMIN" \
        --proxy-protocol 127.0.0.0/8 --cert "$folder/tls/fullchain.pem" --key "$folder/tls/privkey.pem"
      ;;
    haproxy)
      launch "$1" env ADMIN_SOCKET="$folder/haproxy.sock" BIND="$BIND" BIND_TLS="$BIND_TLS" \
        POP3SVC_1=127.0.1.1 POP3SVC_2=127.0.1.2 POP3SVC_3=127.0.1.3 PORT="$PORT" TLS_PORT="$TLS_PORT" ADMIN="$ADMIN" \
        "$(PATH=$PATH:/usr/sbin command -v haproxy)" -db -f "$folder/haproxy.cfg"
      ;;
  esac
}

until_ready() {
  case $1 in
    postgres) opens=127.0.0.1:$POSTGRES_PORT ;;
    pgbouncer) opens=127.0.0.1:$DATABASE_PORT ;;
    pop3svc-*) opens=127.0.1.${1#*-}:$PORT ;;
    haproxy) opens=$BIND ;;
  esac
  wait_for "$1" is_open_or_ended "$1" "$opens"
  runs "$1" || fail "$1 has not started: $(tail -n 3 "$folder/$1.log")"
}

# SIGINT ends PostgreSQL without waiting for its clients, and nothing is lost. A pop3svc lets sessions go on for a while.
stop() {
  runs "$1" || return 0
  case $1 in
    postgres) signal=INT ;;
    *) signal=TERM ;;
  esac
  kill -s $signal "$pid"
  wait_for "$1" has_ended "$1"
  rm -f "$folder/$1.pid"
}

if [ "$deed" = stop ]; then
  for each in ${part:-haproxy pop3svc-3 pop3svc-2 pop3svc-1 pgbouncer postgres}; do stop "$each"; done
  exit 0
fi

if [ ! -e "$folder/settings" ]; then
  for each in initdb:postgresql haproxy:haproxy openssl:openssl setsid:util-linux; do
    PATH=$PATH:/usr/sbin:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':') command -v "${each%:*}" >/dev/null ||
      fail "${each%:*} is missing: apt install ${each#*:}"
  done
  [ -x "$executable" ] || fail "$executable is not there: deno task compile makes it, or give --executable FILE"
  executable=$(cd "$(dirname "$executable")" && pwd)/$(basename "$executable")
  # shellcheck disable=SC2046
  set -- $(free_ports 7)
  umask 022
  mkdir -p "$folder/postgres" "$folder/tls"
  chmod 755 "$folder"
  cp "$here/postgres.sh" "$here/roles.sql" "$folder/postgres/"
  # Without root, HAProxy cannot become another user.
  sed "$([ "$(id -u)" -eq 0 ] || echo '/^ *user haproxy$/d; /^ *group haproxy$/d')" "$here/haproxy.cfg" >"$folder/haproxy.cfg"
  database_port=$1
  if [ $pgbouncer = yes ]; then
    PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null || fail "pgbouncer is missing: apt install pgbouncer"
    database_port=$2
    sed -e 's/^listen_addr.*/listen_addr = 127.0.0.1/' -e "s/^listen_port.*/listen_port = $2/" -e "s/host=postgres port=5432/host=127.0.0.1 port=$1/" \
      -e "s|/etc/pgbouncer|$folder/secrets|" "$here/pgbouncer.ini" >"$folder/pgbouncer.ini"
  fi
  "$here/secrets.sh" "$folder/secrets" "127.0.0.1:$database_port"
  # The owner changes tables in sessions of its own.
  sed -i "s/:$database_port/:$1/" "$folder/secrets/owner.env"
  sed -i "s/^port=.*/port=$1/" "$folder/secrets/pg_service.conf"
  [ "$(id -u)" -ne 0 ] || chown -R nobody "$folder/postgres" "$folder/secrets"
  if [ ! -e "$folder/tls/privkey.pem" ]; then
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
      -keyout "$folder/tls/privkey.pem" -out "$folder/tls/fullchain.pem" 2>/dev/null)
  fi
  cat >"$folder/settings.new" <<END
executable='$executable'
POSTGRES_PORT=$1 DATABASE_PORT=$database_port
BIND=127.0.0.1:${port:-$3} BIND_TLS=127.0.0.1:${tls_port:-$4}
PORT=$5 TLS_PORT=$6 ADMIN=$7
END
  mv "$folder/settings.new" "$folder/settings"
fi
# shellcheck disable=SC1091
. "$folder/settings"

if [ -n "$part" ]; then
  start "$part"
  until_ready "$part"
  exit 0
fi
start postgres
until_ready postgres
as_role owner
"$executable" postgres migrate \
  --server-role pop3svc --delivery-role pop3svc_delivery >"$folder/migrate.log"
others='pop3svc-1 pop3svc-2 pop3svc-3 haproxy'
[ ! -e "$folder/pgbouncer.ini" ] || others="pgbouncer $others"
for each in $others; do start "$each"; done
for each in $others; do until_ready "$each"; done
cat <<END
pop3://$BIND
pop3s://$BIND_TLS, with the certificate $folder/tls/fullchain.pem
A user:    (export \$(cat $folder/secrets/owner.env); $executable postgres add-user me)
A message: (export \$(cat $folder/secrets/delivery.env); $executable deliver me < message)
The end:   $0 stop $folder
END
