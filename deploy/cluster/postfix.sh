#!/bin/sh
# Tells Postfix to deliver the mail of a domain into PostgreSQL: postfix.sh DOMAIN USER ACCOUNTS. `pop3svc deliver` runs
# as USER, for one recipient at a time, and gets POP3SVC_POSTGRES from the environment in which Postfix was started.
# ACCOUNTS is the file accounts.cf of secrets.sh: mail for nobody is refused at the door, and not returned later.
# Local mail stays local. Where Postfix has virtual mailboxes of others, nothing is changed.
set -eu
[ $# -eq 3 ] || { echo "usage: postfix.sh DOMAIN USER ACCOUNTS" >&2 && exit 2; }
domain=$(printf %s "$1" | tr '[:upper:]' '[:lower:]')

fail() {
  echo "postfix.sh: $*. Nothing was changed" >&2
  exit 1
}

# expect NAME VALUE: stops if Postfix has a value that is neither this one nor its default.
expect() {
  current=$(postconf -h "$1")
  [ "$current" = "$2" ] || [ "$current" = "$(postconf -dh "$1")" ] ||
    fail "Postfix has \"$1 = $current\" for other mail, and this needs \"$1 = $2\": merge both by hand"
}
expect virtual_transport pop3svc
expect virtual_mailbox_maps "pgsql:$3"
expect virtual_mailbox_domains "$domain"

# A domain is either local or virtual. Its own name may be written as a variable.
others='' seen=no
for each in $(postconf -h mydestination | tr , ' '); do
  # shellcheck disable=SC2016
  case $each in
    '$myhostname' | '$mydomain') value=$(postconf -hx "${each#?}") ;;
    *) value=$each ;;
  esac
  if [ "$(printf %s "$value" | tr '[:upper:]' '[:lower:]')" = "$domain" ]; then seen=yes; else others="${others:+$others, }$each"; fi
done
[ $seen = no ] || postconf -e "mydestination = $others"

# with_variable NAME: the list of variables, with that of the URL.
with_variable() {
  list=$(postconf -h "$1")
  case " $list " in
    *' POP3SVC_POSTGRES '*) echo "$1 = $list" ;;
    *) echo "$1 = $list POP3SVC_POSTGRES" ;;
  esac
}
postconf -M "pop3svc/unix=pop3svc unix - n n - 10 pipe flags=DRX user=$2 argv=/usr/local/bin/pop3svc deliver -- \${recipient}"
# A chroot has neither names of the network nor ACCOUNTS. Mail comes in at other ports, too, such as "submission".
postconf -M | awk '$8 == "smtpd" { print $1 "/" $2 "/chroot=n" }' | xargs postconf -F
postconf -e "virtual_mailbox_domains = $domain" "virtual_mailbox_maps = pgsql:$3" \
  virtual_transport=pop3svc pop3svc_destination_recipient_limit=1 \
  "$(with_variable import_environment)" "$(with_variable export_environment)"
