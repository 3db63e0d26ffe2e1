#!/usr/bin/env bash
# readme.sh FILE ROOT PROGRAM: runs the commands that a Markdown file shows.
#
# They are the lines of ```sh blocks that begin with build/release/rectify or rectify, or pipe into one of them; a line that ends in \ goes on
# in the next. Each must exit 0. A block after the comment <!-- slow --> is not run. They run in a folder that looks like ROOT, so that the files
# which they write do not land there.
set -uo pipefail
file=$1 root=$2 program=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for entry in "$root"/*; do
  [ "$(basename "$entry")" = build ] || ln -s "$entry" "$work/"
done
mkdir -p "$work/build/release"
ln -s "$program" "$work/build/release/rectify"
export PATH="$work/build/release:$PATH"
cd "$work" || exit 1

ran=0 failed=0 inside=no slow=no command=
while IFS= read -r line || [ -n "$line" ]; do
  if [ "$inside" = no ]; then
    case $line in
      '```sh'*) inside=yes ;;
      '<!-- slow -->'*) slow=yes ;;
      '') ;;
      *) slow=no ;;
    esac
    continue
  fi
  if [[ $line == '```'* ]]; then
    inside=no slow=no
    continue
  fi
  command+=$line
  if [[ $command == *\\ ]]; then
    command=${command%\\}
    continue
  fi
  if [ "$slow" = no ] && [[ $command =~ ^(.*\|\ *)?(build/release/)?rectify($|\ ) ]]; then
    ran=$((ran + 1))
    if ! output=$(bash -o pipefail -c "$command" 2>&1 </dev/null); then
      failed=$((failed + 1))
      printf 'failed: %s\n%s\n' "$command" "$output"
    fi
  fi
  command=
done <"$file"

echo "$ran commands of $(basename "$file") run, $failed failed"
[ "$ran" -gt 0 ] && [ "$failed" -eq 0 ]
