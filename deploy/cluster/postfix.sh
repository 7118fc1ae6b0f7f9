#!/bin/sh
# Tells Postfix to deliver the mail of a domain into PostgreSQL: postfix.sh DOMAIN USER ACCOUNTS. `pop3svc deliver` runs
# as USER, for one recipient at a time, and gets POP3SVC_POSTGRES from the environment in which Postfix was started.
# ACCOUNTS is the file accounts.cf of secrets.sh: mail for nobody is refused at the door, and not returned later.
set -eu
[ $# -eq 3 ] || { echo "usage: postfix.sh DOMAIN USER ACCOUNTS" >&2 && exit 2; }
postconf -M "pop3svc/unix=pop3svc unix - n n - 10 pipe flags=DRX user=$2 argv=/usr/local/bin/pop3svc deliver -- \${recipient}"
# Its chroot has neither names of the network nor ACCOUNTS.
postconf -F smtp/inet/chroot=n
postconf -e mydestination= "virtual_mailbox_domains=$1" "virtual_mailbox_maps=pgsql:$3" \
  virtual_transport=pop3svc pop3svc_destination_recipient_limit=1 \
  "import_environment=$(postconf -dh import_environment) POP3SVC_POSTGRES" \
  "export_environment=$(postconf -dh export_environment) POP3SVC_POSTGRES"
