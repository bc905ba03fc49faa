#!/bin/sh
# Build a real S3 server for the tests into a folder: get_s3_server.sh FOLDER
#
# It is versitygw (Apache-2.0), which keeps objects as files and honours conditional puts. Go
# fetches its source and checks it against the public checksum database. Where that cannot be
# done, the reason is printed and the exit status is 1; the tests then run on moto alone.
set -eu

folder=$1
version=v1.8.0
module=github.com/versity/versitygw/cmd/versitygw

fail() {
    printf 'S3 server: %s\n' "$*" >&2
    exit 1
}

[ ! -x "$folder/versitygw-$version" ] || exit 0
command -v go >/dev/null 2>&1 || fail "no Go here to build one with: install Go 1.25 or newer"

mkdir -p "$folder"
work=$(mktemp -d "$folder/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
printf 'Building versitygw %s, once (some two minutes)\n' "$version"
GOBIN=$(cd "$work" && pwd) CGO_ENABLED=0 \
    go install -trimpath -ldflags '-s -w' "$module@$version" >"$work/log" 2>&1 ||
    fail "versitygw $version cannot be built: $(grep -v '^go: downloading' "$work/log" | head -n 1)"
"$work/versitygw" --version >/dev/null || fail "the server that was built does not start"
mv "$work/versitygw" "$folder/versitygw-$version"
