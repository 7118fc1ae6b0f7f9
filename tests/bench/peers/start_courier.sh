#!/bin/sh
# Runs Courier from a folder with its unpacked packages, until standard input ends. Its paths are fixed, so it needs
# mounts of its own: `unshare --mount --pid --fork`. The ends of all processes are then seen here, and their CPU counted.
#
#     start_courier.sh PACKAGES BENCH MAIL LOG PASSWORD_HASH PORT TLS_PORT
# shellcheck disable=SC1091,SC2034 # Courier's own files set variables, and its programs read what is set below.
set -e
packages=$1 bench=$2 mail=$3 log=$4 hash=$5 port=$6 tls_port=$7
# As for Dovecot, the log is a file. (Courier's own start scripts put a logger in between, which costs more.)
exec >"$log" 2>&1

mount -t tmpfs tmpfs /run
mkdir -p /run/courier/authdaemon /run/etc /run/work
mount -t overlay -o "lowerdir=$packages/usr:/usr" overlay /usr
mount -t overlay -o "lowerdir=$packages/etc:/etc,upperdir=/run/etc,workdir=/run/work" overlay /etc
echo 'courier:x:65533:65533::/nonexistent:/usr/sbin/nologin' >>/etc/passwd
echo 'courier:x:65533:' >>/etc/group

cd /etc/courier
umask 077
for maildir in "$mail"/*; do
  printf '%s\tuid=%s|gid=%s|home=%s|mail=%s|systempw=%s\n' "${maildir##*/}" \
    "$(id -u nobody)" "$(id -g nobody)" "$maildir" "$maildir" "$hash"
done >userdb
makeuserdb
sed -i 's/^authmodulelist=.*/authmodulelist="authuserdb"/' authdaemonrc
cat "$bench/cert.pem" "$bench/key.pem" >pop3d.pem
touch /run/courier/tls-cache
chown courier pop3d.pem /run/courier/tls-cache
umask 022

# The rest does what /usr/sbin/authdaemond, /usr/lib/courier/pop3d and pop3d-ssl do. Limits that are higher than needed
# would cost time: couriertcpd looks at each of its slots for each connection.
set -a
. ./authdaemonrc
. ./pop3d
. ./pop3d-ssl
MAXDAEMONS=1000 MAXPERIP=1000
TLS_CACHEFILE=/run/courier/tls-cache TLS_DHPARAMS=
libexec=/usr/lib/courier

$libexec/courier-authlib/authdaemond &
until [ -S /run/courier/authdaemon/socket ]; do sleep 0.02; done

serve() {
  # shellcheck disable=SC2086 # The options are words.
  exec couriertcpd -address=127.0.0.1 -maxprocs=$MAXDAEMONS -maxperip=$MAXPERIP $TCPDOPTS "$@" \
    $libexec/courier/courierpop3login $libexec/courier/courierpop3d "$MAILDIRPATH"
}
serve "$port" &
(
  POP3_TLS=1 POP3_STARTTLS=NO POP3_TLS_REQUIRED=0
  serve "$tls_port" "$COURIERTLS" -server -tcpd -user=courier
) &
# Not `exec`: this shell is the parent of every process that has lost its own, and ends them all by its end.
cat
