# The part of setup.sh that concerns Postfix. It touches a value only if it is Postfix's default or the script's own.
# shellcheck shell=sh disable=SC2154
own_maps=texthash:/etc/postfix/pop3svc_mailboxes
own_base=/srv/mail

# The numbers of vmail. Where --dry-run finds no such user, it shows words for them.
numbers_of_vmail() {
  uid=$(id -u vmail 2>/dev/null) || uid=UID-of-vmail
  gid=$(id -g vmail 2>/dev/null) || gid=GID-of-vmail
}

# expect NAME VALUE...: stops if Postfix has a value that is neither its default nor one of these. The first is wanted.
expect() {
  setting=$1 wanted=$2
  shift
  current=$(postconf -h "$setting")
  [ "$current" != "$(postconf -dh "$setting")" ] || return 0
  for each in "$@"; do
    [ "$(postconf -hx "$setting")" != "$each" ] || return 0
  done
  fail "Postfix has \"$setting = $current\", but this set-up needs \"$setting = $wanted\". Nothing was changed. \
If Postfix serves other mail, merge both by hand (docs/operations.md), or give --no-postfix"
}

# Changes nothing.
check_postfix() {
  numbers_of_vmail
  # Debian's package writes the name of the machine.
  expect myhostname "$host" "$(hostname)" "$(hostname --fqdn 2>/dev/null || true)"
  expect virtual_transport virtual
  expect virtual_mailbox_maps $own_maps
  expect virtual_mailbox_base $own_base
  expect virtual_uid_maps "static:$uid"
  expect virtual_gid_maps "static:$gid"
  # With the script's own list of mailboxes, there may be other domains.
  [ "$(postconf -hx virtual_mailbox_maps)" = $own_maps ] || expect virtual_mailbox_domains "$domain"
}

# names_domain LIST: whether a list of Postfix names the domain. `others` is the list without it.
names_domain() {
  others='' found=no
  for each in $(printf %s "$1" | tr , ' '); do
    # shellcheck disable=SC2016
    case $each in
      '$myhostname' | '${myhostname}') value=$host ;;
      '$mydomain' | '${mydomain}') value=$(postconf -hx mydomain) ;;
      *) value=$(printf %s "$each" | tr '[:upper:]' '[:lower:]') ;;
    esac
    if [ "$value" = "$domain" ]; then found=yes; else others="${others:+$others, }$each"; fi
  done
  [ $found = yes ]
}

put_postfix() {
  run postconf -e "$1 = $2"
  reload_postfix=yes
}

set_postfix() { [ "$(postconf -hx "$1")" = "$2" ] || put_postfix "$1" "$2"; }

set_up_postfix() {
  reload_postfix=no
  numbers_of_vmail
  # The maps come first: they show the next run that the other values are the script's own.
  set_postfix virtual_mailbox_maps $own_maps
  set_postfix virtual_mailbox_base $own_base
  set_postfix virtual_uid_maps "static:$uid"
  set_postfix virtual_gid_maps "static:$gid"
  domains=$(postconf -h virtual_mailbox_domains)
  # Postfix's own default names the maps.
  [ "$domains" != "$(postconf -dh virtual_mailbox_domains)" ] || domains=''
  names_domain "$domains" || put_postfix virtual_mailbox_domains "${domains:+$domains, }$domain"
  set_postfix myhostname "$host"
  # A domain is either there or here.
  destination=$(postconf -h mydestination)
  if names_domain "$destination"; then put_postfix mydestination "$others"; fi
  if [ $dry = no ] && names_domain "$(postconf -hx mydestination)"; then
    fail "Postfix still has $domain in \"mydestination = $destination\": remove it, and run this again"
  fi
  [ -e /etc/postfix/pop3svc_mailboxes ] || run /usr/local/sbin/pop3svc-add-user --postfix
  if has_systemd; then
    [ $reload_postfix = no ] || run systemctl reload-or-restart postfix
  elif ! postfix status 2>/dev/null; then
    run postfix start
  elif [ $reload_postfix = yes ]; then
    run postfix reload
  fi
}
