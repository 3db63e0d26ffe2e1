#!/usr/bin/env bash
# Holds readme.sh to what it says of itself, with a program that succeeds only when it is called with "good".
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#!/bin/sh\ncat >/dev/null && for word; do [ "$word" = good ] && exit 0; done\necho no good\nexit 1\n' >"$work/program"
chmod +x "$work/program"
mkdir "$work/root"
failures=0

# expect STATUS TEXT MARKDOWN: readme.sh exits with STATUS, and TEXT is in what it prints.
expect() {
  printf '%b' "$3" >"$work/page.md"
  output=$("$here/readme.sh" "$work/page.md" "$work/root" "$work/program" 2>&1)
  status=$?
  if [ "$status" -ne "$1" ] || [[ $output != *"$2"* ]]; then
    failures=$((failures + 1))
    printf 'page:\n%b\nexit status %s, wanted %s; output, wanted to hold "%s":\n%s\n\n' "$3" "$status" "$1" "$2" "$output"
  fi
}

expect 0 '1 commands' 'text\n```sh\nbuild/release/rectify good\n```\n'
expect 0 '2 commands' '```sh\nrectify good >file\nmake x\necho 1 | rectify good\n```\n'
expect 0 '1 commands' '```sh\nrectify \\\n  good\n```\n'
expect 0 '1 commands' '<!-- slow -->\n```sh\nrectify bad\n```\n```sh\nrectify good\n```\n'
expect 1 'failed: rectify bad' '```sh\nrectify good\nrectify bad\n```\n'
expect 1 'no good' '```sh\necho 1 | build/release/rectify bad\n```\n'
expect 1 'failed: rectify bad | cat' '```sh\nrectify bad | cat\n```\n'
expect 1 'failed: rectify bad' '<!-- slow -->\ntext\n```sh\nrectify bad\n```\n'
expect 1 '0 commands' '```\nrectify good\n```\n'
[ -z "$(ls -A "$work/root")" ] || { echo "a command wrote into the root"; failures=$((failures + 1)); }
exit "$failures"
