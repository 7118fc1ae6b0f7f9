#!/bin/sh
# Adds a user with an empty mailbox, or gives one a new password: pop3svc-add-user NAME@DOMAIN. It asks for the password;
# without a terminal, it reads it from standard input. With --postfix in place of a name, it only tells Postfix who is in the users file.
set -eu
users=/etc/pop3svc/users
mailboxes=/etc/postfix/pop3svc_mailboxes

fail() {
  echo "pop3svc-add-user: $*" >&2
  exit 1
}

# put FILE OWNER MODE: replaces a file by standard input, as a whole.
put() {
  new=$(mktemp "$1.XXXXXX")
  trap 'rm -f "$new"' EXIT
  cat >"$new"
  chown "$2" "$new"
  chmod "$3" "$new"
  mv "$new" "$1"
}

[ $# -eq 1 ] || fail "give one NAME@DOMAIN, or --postfix"
if [ "$1" != --postfix ]; then
  name=$(printf %s "$1" | tr '[:upper:]' '[:lower:]')
  case $name in
    *[!a-z0-9@._+-]* | .* | -* | @* | *@ | *@*@* | *..* | *@.*)
      fail "$1: a name has letters, digits and ._+- only"
      ;;
    *@*) ;;
    *) fail "$1: give NAME@DOMAIN" ;;
  esac
  hash=$(pop3svc hash)
  {
    awk -v key="$name:" 'index(tolower($0), key) != 1' $users
    printf '%s:%s\n' "$name" "$hash"
  } | put $users root:vmail 640
  # As vmail: root must not follow a link that somebody has put there.
  setpriv --reuid=vmail --regid=vmail --init-groups sh -c \
    'umask 077 && mkdir -p "$1/new" "$1/cur" "$1/tmp"' sh "/srv/mail/$name"
fi
if [ -d /etc/postfix ]; then
  awk -F: '!/^#/ && $1 ~ /@/ { print $1, $1 "/" }' $users | put $mailboxes root:root 644
  ! postfix status 2>/dev/null || postfix reload 2>/dev/null
fi
