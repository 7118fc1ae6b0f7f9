#!/bin/sh
# Unpacks Debian's packages of Courier's POP3 server into a folder, where they do not conflict with Dovecot's.
#
#     sh tests/bench/peers/unpack_courier.sh FOLDER
set -eu
mkdir -p "$1"
cd "$1"
packages="courier-pop courier-base courier-authdaemon courier-authlib courier-authlib-userdb"
# Of the libraries, only those that the system does not have.
libraries=$(
  # shellcheck disable=SC2086 # The packages are words.
  apt-cache depends --important $packages | sed -n 's/^ .*Depends: \(lib[^ ]*\)$/\1/p' | sort -u |
    while read -r library; do
      dpkg-query --show --showformat '${db:Status-Status}' "$library" 2>/dev/null |
        grep -qx installed || echo "$library"
    done
)
# shellcheck disable=SC2086
apt-get download $packages $libraries
for package in ./*.deb; do dpkg-deb --extract "$package" .; done
dpkg-deb --field ./courier-pop_*.deb Version >version
rm ./*.deb
