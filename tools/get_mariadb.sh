#!/bin/sh
# Unpack Debian's MariaDB server into a folder, without installing it: get_mariadb.sh FOLDER
#
# 1. leave at once where the machine or the folder has a server
# 2. read the package lists into the folder, so that nobody needs to be root
# 3. fetch the server's package and those libraries that the machine lacks (apt checks signatures)
# 4. unpack them, and ask the server for its version
#
# Where it cannot be had, the reason is printed and the exit status is 1.
set -eu

folder=$1
package=mariadb-server-core

fail() {
    printf 'MariaDB: %s\n' "$*" >&2
    exit 1
}

for server in mariadbd mysqld; do # the tests find one on the PATH; MySQL's own is another program
    ! "$server" --no-defaults --version 2>/dev/null | grep -q MariaDB || exit 0
done
[ ! -x "$folder/usr/sbin/mariadbd" ] || exit 0
command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 ||
    fail "no server here, and this machine has no apt to fetch one with: install MariaDB"

mkdir -p "$folder"
rm -rf "$folder.part" "$folder.apt"
mkdir -p "$folder.part" "$folder.apt/lists/partial" "$folder.apt/archives/partial"
trap 'rm -rf "$folder.part" "$folder.apt"' EXIT
work=$(cd "$folder.apt" && pwd)

apt_in_folder() { # apt's own sandbox user could not enter a private folder
    tool=$1
    shift
    "$tool" -q -o APT::Sandbox::User="$(id -un)" -o Dir::State::Lists="$work/lists" \
        -o Dir::Cache="$work" "$@"
}

apt_in_folder apt-get update >"$work/update.log" 2>&1 ||
    fail "the package lists cannot be read: $(grep '^E:' "$work/update.log" | head -n 1)"
needed=$(apt_in_folder apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
    --no-breaks --no-replaces --no-enhances "$package" 2>/dev/null | grep '^lib' | sort -u || true)
wanted=$package
for library in $needed; do
    dpkg-query --show --showformat='${db:Status-Status}\n' "$library" 2>/dev/null |
        grep -qx installed || wanted="$wanted $library"
done
for name in $wanted; do # of two packages that would do, the one that is not there is not needed
    (cd "$work" && apt_in_folder apt-get download "$name" >>download.log 2>&1) ||
        [ "$name" != "$package" ] ||
        fail "$package cannot be fetched: $(grep '^E:' "$work/download.log" | head -n 1)"
done
for archive in "$work"/*.deb; do
    dpkg -x "$archive" "$folder.part"
done

libraries=$(find "$folder.part" -name '*.so.*' -exec dirname {} \; | sort -u | paste -s -d : -)
LD_LIBRARY_PATH=$libraries "$folder.part/usr/sbin/mariadbd" --no-defaults --version ||
    fail "the unpacked server does not start"
rm -rf "$folder"
mv "$folder.part" "$folder"
