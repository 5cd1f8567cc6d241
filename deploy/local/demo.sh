#!/bin/sh
# deploy/local/demo.sh CHANCERY: the register at work, in a folder and on ports of its own, stopped at the end.
#
# Everything shown is a command of the program that is named; nothing is prepared.
set -eu

program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/../.."
samples=tests/samples
visit=engagement/~us-congress-visit-2025-04

folder=$(mktemp -d)
: >"$folder/out"
unset CHANCERY_URL CHANCERY_TOKEN CHANCERY_NATS
export CHANCERY_DATA="$folder/data" CHANCERY_LISTEN=127.0.0.1:0 CHANCERY_ADMIN=127.0.0.1:0

finish() {
    status=$?
    if [ -n "${register:-}" ]; then
        kill "$register" 2>/dev/null || true
        wait "$register" || status=$?
    fi
    [ "$status" -eq 0 ] || cat "$folder/log" >&2
    rm -rf "$folder"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '\n── %s\n' "$*"; }
run() {
    printf '\n$ chancery'
    for word in "$@"; do
        case "$word" in
            *[!A-Za-z0-9_./~=:-]*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$program" "$@"
}

say 'Start everything: nats-server, registrar, projector, auditor, gateway'
"$program" serve --log-level warn >"$folder/out" 2>"$folder/log" &
register=$!
until grep -q 'answers at' "$folder/out"; do
    kill -0 "$register" 2>/dev/null || exit 1
    sleep 0.1
done
cat "$folder/out"

say 'Record two news reports, each wholly or not at all'
run record "$samples/report-a.json"
run record "$samples/report-b.json"

say 'What has the register got on Pakistan?'
run timeline --party PK --oldest

say 'The first report misspells a name'
run show "$visit"

say 'Correct it in the open: an event like any other'
run correct "$visit" --event ~report-a/visit --change '/participants/0/members/1/name=Thomas Suozzi' \
    --reason 'Misspelled in the report' --authority 'Protocol desk'

say 'After: the name is right, and the record says that it was not'
run show "$visit"
run history "$visit"

say 'What is to come, and what is overdue by 1 August 2025?'
run calendar --party US --today 2025-05-01
run overdue --party US --today 2025-08-01

say 'The minister meets the Canadians: a page for the folder'
run brief PK CA --today 2025-08-01

say 'Stop'
