#!/bin/sh
# Builds the oracle into target/upstream/ of the repository:
#   ./build.sh                   -> oracle, for the version in go.mod
#   ./build.sh go.1.34.4.mod     -> oracle-1.34.4
set -eu
cd "$(dirname "$0")"
mod=${1:-go.mod}
name=oracle
case $mod in
go.*.mod) name=oracle-${mod#go.} && name=${name%.mod} ;;
esac
out=../../target/upstream
mkdir -p "$out"
# A test binary, because only a test can have virtual time. -trimpath keeps
# paths of this machine out of the traces that it prints.
go test -c -trimpath -modfile="$mod" -o "$out/$name" .
echo "built target/upstream/$name, Kubernetes $("$out/$name" version)" >&2
