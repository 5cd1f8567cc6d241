#!/bin/sh
# Puts a nats-server of at least 2.15.1 where the project looks for one, and prints its path.
#
# Looks first at $NATS_SERVER, then at the PATH, then at .tools/nats-server. If none is there or it is too old,
# fetches one into .tools: from the distribution's unstable suite through the package manager that this machine
# already uses (unpacked, not installed: no root needed), else the project's official release.
set -eu

wanted=2.15.1
root=$(cd "$(dirname "$0")/../.." && pwd)
tools="$root/.tools"
server="$tools/nats-server"

say() { printf '%s\n' "$*" >&2; }

recent() {
    [ -x "$1" ] || return 1
    found=$("$1" --version 2>/dev/null | sed 's/.*v\([0-9][0-9.]*\).*/\1/')
    [ -n "$found" ] && [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)" = "$wanted" ]
}

found_already() {
    for candidate in "${NATS_SERVER:-}" "$(command -v nats-server || true)" "$server"; do
        if [ -n "$candidate" ] && recent "$candidate"; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

# The mirror is the one that the machine's own configuration names; only the suite differs.
from_distribution() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        grep -v security | sort -u | head -n 1)
    [ -n "$mirror" ] || return 1
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    printf 'deb %s unstable main\n' "$mirror" >"$work/sources.list"
    apt() {
        apt-get -qq -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
            -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User="$(id -un)" \
            -o Debug::NoLocking=1 "$@"
    }
    say "nats-server: fetching the distribution's package…"
    (cd "$work" && apt update && apt download nats-server && dpkg-deb -x nats-server_*.deb unpacked) >&2 || return 1
    unpacked=$(find "$work/unpacked" -type f -name nats-server -perm -u+x | head -n 1)
    [ -n "$unpacked" ] && install_from "$unpacked"
}

from_release() {
    command -v curl >/dev/null && command -v sha256sum >/dev/null || return 1
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64) platform=linux-amd64 ;;
        Linux-aarch64) platform=linux-arm64 ;;
        Darwin-arm64) platform=darwin-arm64 ;;
        Darwin-x86_64) platform=darwin-amd64 ;;
        *) return 1 ;;
    esac
    name="nats-server-v$wanted-$platform"
    base="https://github.com/nats-io/nats-server/releases/download/v$wanted"
    say "nats-server: fetching the official release $wanted…"
    (cd "$work" && curl -fsSL --max-time 120 -O "$base/$name.tar.gz" -O "$base/SHA256SUMS" &&
        grep " $name.tar.gz\$" SHA256SUMS | sha256sum -c - && tar xzf "$name.tar.gz") >&2 || return 1
    install_from "$work/$name/nats-server"
}

# Renamed into place, so that two fetches at once never leave half a file.
install_from() {
    mkdir -p "$tools"
    cp "$1" "$server.$$" && chmod 755 "$server.$$" && mv "$server.$$" "$server" && recent "$server"
}

found_already && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if from_distribution || from_release; then
    printf '%s\n' "$server"
else
    say "nats-server $wanted or newer is needed and could not be fetched."
    say "Install it from https://nats.io/download and put it on the PATH, or set NATS_SERVER to its path."
    exit 1
fi
