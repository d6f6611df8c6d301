#!/bin/sh
# Writes a go.mod for one Kubernetes version:
#   ./bump.sh v1.37.2            -> go.mod, go.sum
#   ./bump.sh v1.34.4 go.1.34.4.mod -> a second one, for `go build -modfile`
#
# k8s.io/kubernetes points each staging module at a path inside its own tree,
# which only holds inside that tree; a user of the module has to name the
# published version of each (v1.X.Y is published as v0.X.Y).
set -eu
cd "$(dirname "$0")"
version=$1
file=${2:-go.mod}
staging="v0.${version#v1.}"

# Look from outside of this module: its own replacements must not matter.
upstream=$(cd / && go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
godebug=$(sed -n 's/^godebug default=//p' "$upstream")
{
	echo "module maxsurge/scripts/upstream"
	echo
	echo "go 1.26.0"
	echo
	# The defaults of the Go runtime that Kubernetes itself is built with.
	[ -z "$godebug" ] || { echo "godebug default=$godebug"; echo; }
	echo "require k8s.io/kubernetes $version"
	echo
	echo "replace ("
	sed -n 's|^[[:space:]]*\(k8s.io/[a-z0-9-]*\) => ./staging.*|\1|p' "$upstream" | sort -u |
		while read -r module; do echo "	$module => $module $staging"; done
	echo ")"
} >"$file"
rm -f "${file%.mod}.sum"
go mod tidy -modfile="$file"
