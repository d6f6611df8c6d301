#!/bin/sh
# Follows Kubernetes to another version:
#   ./follow.sh v1.38.0                -> the version that everything is held against
#   ./follow.sh v1.34.4 go.1.34.4.mod  -> a second one, beside it
# Raises go.mod, builds the real controllers, puts random cases to them and to
# ours, and stops at the first difference with the smallest case that shows it:
# port that rule and start again. Where nothing differs it records the new
# verdicts, and the bump is done. Needs Go 1.26, the module proxy, and minutes.
set -eu
cd "$(dirname "$0")"
version=$1
mod=${2:-go.mod}
cases=${CASES:-20000}
runs=${RUNS:-500}
oracle=oracle recorded=5000 recorded_runs=400
case $mod in
go.*.mod) oracle=oracle-${mod#go.} oracle=${oracle%.mod} recorded=2000 recorded_runs=300 ;;
esac
program=$PWD/../../target/upstream/$oracle

step() { echo "== $*" >&2; }

step "raise $mod to $version"
./bump.sh "$version" "$mod"
step "build"
./build.sh "$mod"
step "the API's types (core/src/api/schema/tables.rs)"
if [ "$mod" = go.mod ]; then
	staging=v0.${version#v1.}
	(cd schema && go get "k8s.io/api@$staging" "k8s.io/apimachinery@$staging" && go mod tidy && go run .)
fi
step "ours against $version: $cases states of each controller, $runs rollouts"
cargo xtask conformance live --oracle "$program" --cases "$cases"
cargo xtask conformance live --oracle "$program" --cases "$runs" --controller run
if [ "$mod" = go.mod ]; then
	# Ours has the rules of the newest version alone.
	cargo xtask conformance live --oracle "$program" --cases "$cases" --controller autoscaler
fi
step "record"
"$program" -test.run Recorded -renew
# Fixed seeds: where nothing changed, nothing is written anew.
cargo xtask conformance record --oracle "$program" --cases "$recorded" --seed 20261126
cargo xtask conformance record --oracle "$program" --cases "$recorded_runs" --seed 2 --controller run
if [ "$mod" = go.mod ]; then
	cargo xtask conformance record --oracle "$program" --cases 2500 --seed 20261126 --controller autoscaler
fi
git --no-pager diff --stat -- . ../../core
step "no decision differs: run the tests and commit"
