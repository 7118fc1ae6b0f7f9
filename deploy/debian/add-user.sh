#!/bin/sh
# Adds a user with an empty mailbox, or gives one a new password: pop3svc-add-user NAME@DOMAIN. It asks for the password;
# without a terminal, it reads it from standard input. With --postfix in place of a name, it only tells Postfix who is in the users file.
set -eu
# A letter of a name is one of ASCII, and awk reads octets.
export LC_ALL=C
users=/etc/pop3svc/users
mailboxes=/etc/postfix/pop3svc_mailboxes

fail() {
  echo "pop3svc-add-user: $*" >&2
  exit 1
}

new=''
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT TERM

# replace FILE: $new takes its place, as a whole, only after it is on the disk.
replace() {
  sync "$new"
  mv "$new" "$1"
}

# What the server is set to, without the lines that are comments. An empty variable counts as unset.
[ -f /etc/pop3svc/config.jsonc ] || fail "/etc/pop3svc/config.jsonc is not there"
settings=$(cat /etc/pop3svc/config.jsonc /etc/pop3svc/environment 2>/dev/null |
  sed '/^[[:space:]]*\/\//d; /^POP3SVC_[A-Z_]*=$/d')
sets() { printf '%s\n' "$settings" | grep -Eq "$1"; }

[ $# -eq 1 ] || fail "give one NAME@DOMAIN, or --postfix"
[ -f $users ] || fail "$users is not there: docs/operations.md says how to make it"
[ -z "$(tr -dc '\000' <$users | tr '\000' x)" ] || fail "$users is not UTF-8"
if sets '^POP3SVC_USERS=' || ! sets "\"users\": *\"$users\""; then
  fail "the server has another users file than $users: edit that one"
fi
# This script knows one place for a mailbox.
if sets '"mail-path"|^POP3SVC_MAIL_(PATH|ROOT)=' || ! sets '"mail-root": *"/srv/mail"'; then
  place=unknown
else
  place=known
fi
elsewhere="the mailboxes are not at /srv/mail/NAME@DOMAIN (mail-root, mail-path)"
if [ "$1" = --postfix ] && [ $place = unknown ]; then fail "$elsewhere: write $mailboxes by hand"; fi

# What follows the shell in a line: Dovecot's extra fields, each between spaces.
extra='function extra(line, i) {
  for (i = 0; i < 7; i++) if (!sub(/^[^:]*:/, "", line)) return ""
  gsub(/[\t\r]/, " ", line)
  return " " line " "
}'

if [ "$1" != --postfix ]; then
  name=$(printf %s "$1" | tr '[:upper:]' '[:lower:]')
  case $name in
    *[!a-z0-9@._+-]* | .* | -* | @* | *@ | *@*@* | *..* | *@.*)
      fail "$1: a name has letters, digits and ._+- only"
      ;;
    *@*) ;;
    *) fail "$1: give NAME@DOMAIN" ;;
  esac
  if sets '"username-case": *"keep"|^POP3SVC_USERNAME_CASE='; then
    fail "upper case counts in names (username-case): edit $users; \"pop3svc hash\" makes the hash"
  fi
  if cut -d: -f1 $users | grep -qixF "$name"; then
    is_new=no
  else
    is_new=yes
    [ $place = known ] || fail "$elsewhere: write the line of a new user into $users; \"pop3svc hash\" makes the hash"
  fi
  hash=$(pop3svc hash)
  if [ $is_new = yes ]; then
    # As vmail: root must not follow a link that somebody has put there.
    setpriv --reuid=vmail --regid=vmail --init-groups sh -c \
      'umask 077 && mkdir -p "$1/new" "$1/cur" "$1/tmp"' sh "/srv/mail/$name"
  fi
fi

# Two runs at once would lose a line. The lock is on the folder, since the file is replaced.
exec 9<"$(dirname $users)"
flock 9
if [ "$1" != --postfix ]; then
  new=$(mktemp $users.XXXXXX)
  # Other users of the machine can read the arguments of a program, but not its environment.
  NAME=$name HASH=$hash awk "$extra"'
    BEGIN { key = ENVIRON["NAME"] ":"; hash = ENVIRON["HASH"] }
    NR == 1 { sub(/^\357\273\277/, "") }
    !found && index(tolower($0), key) == 1 {
      found = 1
      written = substr($0, 1, length(key))
      old = rest = substr($0, length(key) + 1)
      sub(/:.*/, "", old)
      rest = substr(rest, length(old) + 1)
      sub(/\r$/, "", old)
      scheme = tolower(old)
      why = ""
      # docs/operations/users.md says which passwords lock a user.
      if (old ~ /^([!*]|$)/ || old ~ /^\{[^}]*\}\*$/ ||
        old ~ /^\{[^}]*\}[!*]/ && scheme !~ /^\{(plain|clear|cleartext)[.}]/) {
        hash = "!" hash
        why = "to let the user in, remove the ! before the new password"
      }
      if (extra($0) ~ / (nologin|fail)[= ]/) why = "the line has nologin"
      if (why != "") print written " stays locked: " why >"/dev/stderr"
      $0 = written hash rest
    }
    { print }
    END { if (!found) print key hash }' $users >"$new"
  chown --reference=$users "$new"
  chmod --reference=$users "$new"
  replace $users
fi
if [ -d /etc/postfix ] && [ $place = known ]; then
  old=$mailboxes
  [ -e $old ] || old=/dev/null
  new=$(mktemp $mailboxes.XXXXXX)
  # A user whose line says where the mail is keeps the entry that somebody has written by hand.
  awk -F: "$extra"'
    is_old { split($0, word, /[ \t]+/); entry[tolower(word[1])] = $0; next }
    FNR == 1 { sub(/^\357\273\277/, "") }
    /^#/ || $1 !~ /@/ || $1 ~ /[ \t\/]/ { next }
    $6 == "" && extra($0) !~ / userdb_(home|mail)=/ { print $1, $1 "/"; next }
    tolower($1) in entry { print entry[tolower($1)]; next }
    { print $1 ": the line names a home or mailbox; tell Postfix where to deliver, in " list >"/dev/stderr" }
  ' list=$mailboxes is_old=1 $old is_old=0 $users >"$new"
  chmod 644 "$new"
  replace $mailboxes
  ! postfix status 2>/dev/null || postfix reload 2>/dev/null
fi
