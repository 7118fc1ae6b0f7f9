#!/bin/sh
# Sets up a mail domain on Debian: Postfix takes its mail, pop3svc serves it over TLS. docs/operations.md has the same
# steps by hand. It can run again, after a change or for one more domain: it does only what is missing, leaves a
# configuration and a users file that are there as they are, and prints each thing that it does.
set -euf

usage() {
  cat <<'END'
usage: deploy/debian/setup.sh --domain DOMAIN --host NAME [options]

  --domain DOMAIN     the domain whose mail is served: example.org
  --host NAME         the name of this machine in the DNS: mail.example.org
  --user NAME@DOMAIN  the first user (default: postmaster@DOMAIN). The script asks for the password; without a
                      terminal, it reads it from standard input.
  --executable FILE   the program (default: dist/pop3svc of this clone). A new one restarts the service.
  --self-signed       no certificate from Let's Encrypt: make one that no client trusts, to try things
  --no-postfix        leave Postfix alone: another program delivers into the Maildirs, as the user vmail
  --no-fail2ban       the firewall knows nothing of the bans
  --dry-run           print what would be done
  --help              print this
END
}

fail() {
  echo "setup.sh: $*" >&2
  exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
deploy=$(dirname "$here")
domain='' host='' user='' dry=no self_signed=no postfix=yes fail2ban=yes
executable=$(dirname "$deploy")/dist/pop3svc
while [ $# -gt 0 ]; do
  case $1 in
    --domain | --host | --user | --executable)
      [ $# -gt 1 ] || fail "$1 needs a value; see --help"
      case $1 in
        --domain) domain=$2 ;;
        --host) host=$2 ;;
        --user) user=$2 ;;
        --executable) executable=$2 ;;
      esac
      shift
      ;;
    --self-signed) self_signed=yes ;;
    --no-postfix) postfix=no ;;
    --no-fail2ban) fail2ban=no ;;
    --dry-run) dry=yes ;;
    --help) usage && exit 0 ;;
    *) fail "unknown option $1; see --help" ;;
  esac
  shift
done
for name in "$domain" "$host"; do
  case $name in
    '') fail "give --domain and --host; see --help" ;;
    *[!a-z0-9.-]* | .* | -* | *..*) fail "$name is no name of the DNS, in lower case" ;;
  esac
done
user=$(printf %s "${user:-postmaster@$domain}" | tr '[:upper:]' '[:lower:]')
[ "$(id -u)" -eq 0 ] || fail "run it as root: sudo $0"

# Prints a command, and runs it.
run() {
  echo "+ $*"
  [ $dry = yes ] || "$@"
}

# folder PATH OWNER MODE: makes a folder, or gives it back its owner and mode.
folder() {
  [ "$(stat -c '%U:%G %a' "$1" 2>/dev/null)" = "$2 $3" ] ||
    run install -d -o "${2%:*}" -g "${2#*:}" -m "$3" "$1"
}

# file SOURCE PATH OWNER MODE: copies a file if it differs. `changed` says whether it did.
changed=no
file() {
  if cmp -s "$1" "$2" && [ "$(stat -c '%U:%G %a' "$2")" = "$3 $4" ]; then
    changed=no
  else
    run install -D -o "${3%:*}" -g "${3#*:}" -m "$4" "$1" "$2"
    changed=yes
  fi
}

# first SOURCE PATH OWNER MODE: a file that belongs to the administrator once it is there.
first() {
  [ -e "$2" ] || file "$@"
}

has_systemd() { [ -d /run/systemd/system ]; }

# 0. What is there already and does not fit. Nothing has been changed yet.
tls=/etc/pop3svc/tls
if [ -e $tls/fullchain.pem ] && command -v openssl >/dev/null; then
  case $(openssl x509 -in $tls/fullchain.pem -noout -checkhost "$host") in
    *"does match"*) ;;
    *) fail "the certificate in $tls is not for $host: give the --host for which it is, or remove $tls/*.pem \
and /etc/pop3svc/certbot to get another" ;;
  esac
elif [ $self_signed = no ] && [ -e /etc/pop3svc/certbot ] &&
  ! grep -qxF "POP3SVC_LINEAGE=$host" /etc/pop3svc/certbot; then
  fail "/etc/pop3svc/certbot names another certificate than $host: give that --host, or remove the file"
fi

# shellcheck source=deploy/debian/postfix.sh
. "$here/postfix.sh"
# Without Postfix, the package will bring the defaults.
if [ $postfix = yes ] && command -v postconf >/dev/null; then check_postfix; fi

# 1. Programs.
wanted='openssl:openssl setpriv:util-linux logrotate:logrotate'
[ $postfix = no ] || wanted="$wanted postconf:postfix"
[ $self_signed = yes ] || wanted="$wanted certbot:certbot"
[ $fail2ban = no ] || wanted="$wanted fail2ban-client:fail2ban nft:nftables"
missing=''
for each in $wanted; do
  command -v "${each%:*}" >/dev/null || missing="$missing ${each#*:}"
done
# With it, fail2ban reads the journal.
[ $fail2ban = no ] || [ -e /usr/lib/python3/dist-packages/systemd ] || missing="$missing python3-systemd"
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086
  run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
fi
restart=no
if [ ! "$executable" -ef /usr/local/bin/pop3svc ]; then
  if [ -e "$executable" ]; then
    file "$executable" /usr/local/bin/pop3svc root:root 755
    restart=$changed
  elif [ ! -e /usr/local/bin/pop3svc ]; then
    fail "$executable is not there: deno task compile makes it, or give --executable FILE"
  fi
fi

# 2. The user that owns all mail: Postfix delivers as this user, and the server runs as this user.
if ! getent passwd vmail >/dev/null; then
  run useradd --system --user-group --home-dir /srv/mail --no-create-home --shell /usr/sbin/nologin vmail
fi

# 3. Folders.
folder /etc/pop3svc root:root 755
folder /etc/pop3svc/tls root:vmail 750
folder /srv/mail vmail:vmail 700
folder /var/lib/pop3svc vmail:vmail 700

# 4. The certificate. The hook copies it for the server, now and after each renewal.
if [ $self_signed = yes ]; then
  if [ ! -e $tls/privkey.pem ]; then
    (umask 077 && run openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
      -days 90 -subj "/CN=$host" -addext "subjectAltName=DNS:$host" -addext basicConstraints=critical,CA:FALSE \
      -keyout $tls/privkey.new -out $tls/fullchain.new)
    run chown root:vmail $tls/privkey.new $tls/fullchain.new
    run chmod 640 $tls/privkey.new $tls/fullchain.new
    run mv $tls/privkey.new $tls/privkey.pem
    run mv $tls/fullchain.new $tls/fullchain.pem
  fi
else
  if [ ! -e /etc/pop3svc/certbot ]; then
    # Certbot may have other certificates.
    run sh -c "echo POP3SVC_LINEAGE=$host >/etc/pop3svc/certbot"
  fi
  file "$deploy/certbot/pop3svc" /etc/letsencrypt/renewal-hooks/deploy/pop3svc root:root 755
  if [ ! -e "/etc/letsencrypt/live/$host/privkey.pem" ]; then
    run certbot certonly --standalone --non-interactive --agree-tos \
      --email "postmaster@$domain" --domain "$host"
  fi
  if [ ! -e $tls/privkey.pem ]; then
    run env "RENEWED_LINEAGE=/etc/letsencrypt/live/$host" \
      /etc/letsencrypt/renewal-hooks/deploy/pop3svc
  fi
fi

# 5. The configuration, and the first user.
first "$deploy/config.jsonc" /etc/pop3svc/config.jsonc root:root 644
first /dev/null /etc/pop3svc/users root:vmail 640
file "$here/add-user.sh" /usr/local/sbin/pop3svc-add-user root:root 755
if ! cut -d: -f1 /etc/pop3svc/users 2>/dev/null | grep -qixF "$user"; then
  run /usr/local/sbin/pop3svc-add-user "$user"
fi

# 6. Postfix. Its list of mailboxes is made of the users file. Step 0 has looked at what is there.
if [ $postfix = yes ] && [ $dry = yes ] && ! command -v postconf >/dev/null; then
  echo "+ postconf -e ..."
elif [ $postfix = yes ]; then
  set_up_postfix
fi

# 7. The service.
file "$deploy/systemd/pop3svc.service" /etc/systemd/system/pop3svc.service root:root 644
[ $changed = no ] || restart=yes

# 8. Logs, and the firewall.
file "$deploy/logrotate/pop3svc" /etc/logrotate.d/pop3svc root:root 644
if [ $fail2ban = yes ]; then
  file "$deploy/fail2ban/pop3svc.conf" /etc/fail2ban/filter.d/pop3svc.conf root:root 644
  restart_fail2ban=$changed
  file "$deploy/fail2ban/jail.conf" /etc/fail2ban/jail.d/pop3svc.conf root:root 644
  if has_systemd && [ $changed$restart_fail2ban != nono ]; then
    run systemctl restart fail2ban
  fi
fi

# 9. What is wrong, and the start.
as_server="setpriv --reuid=vmail --regid=vmail --init-groups --no-new-privs \
--inh-caps=-all,+net_bind_service --ambient-caps=-all,+net_bind_service \
--bounding-set=-all,+net_bind_service env STATE_DIRECTORY=/var/lib/pop3svc /usr/local/bin/pop3svc"
config="--config /etc/pop3svc/config.jsonc"
if [ $dry = no ]; then
  # shellcheck disable=SC2086
  $as_server check $config || fail "mend what check says, and run this again"
fi
if has_systemd; then
  # A run that stopped at the check may have put them there.
  started=$(systemctl show --property=ExecMainStartTimestamp --value --timestamp=unix pop3svc)
  started=${started#@}
  for each in /usr/local/bin/pop3svc /etc/systemd/system/pop3svc.service; do
    [ "$(stat -c %Y $each 2>/dev/null || echo 0)" -le "${started:-0}" ] || restart=yes
  done
  [ $restart = no ] || run systemctl daemon-reload
  if [ -n "$(find /etc/systemd/system -path '*.wants/pop3svc@*')" ] || systemctl is-active --quiet 'pop3svc@*'; then
    # The start of pop3svc.service would stop them.
    echo "The service is an instance of pop3svc@, and was left alone: docs/operations/upgrade.md says how to upgrade it."
  else
    systemctl is-enabled --quiet pop3svc || run systemctl enable pop3svc
    if ! systemctl is-active --quiet pop3svc || [ $restart = yes ]; then run systemctl restart pop3svc; fi
  fi
else
  echo "systemd does not run here. Start the server with:"
  echo "  $as_server $config"
fi
if [ $self_signed = yes ]; then
  cat >&2 <<END

  !!! The certificate is self-signed. No mail program trusts it: with a name in the DNS, and port 80
  !!! open, remove $tls/privkey.pem and run this again without --self-signed.

END
fi
echo "Try it: curl --cacert $tls/fullchain.pem -u $user pop3s://$host/"
