#!/usr/bin/env bash
# one_line.sh SOURCE BUILD WORK: adds a line to a copy of the catalogue's formulas and checks that all that knows activations knows the new one.
#
# Nothing of the build is changed: the one file is compiled, and the programs are linked again, in WORK, with the build's own commands.
set -uo pipefail
source=$1 build=$2 work=$3
name=one_line
line='    {"'$name'", "oneline", "3 * x - a * softsign(x); a = 0.5 learn", "further", "a test"},'

rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

fail() {
  echo "one_line: $*" >&2
  exit 1
}

# Runs the command by which the build makes $1, with each other pair of arguments replaced.
build_anew() {
  local target=$1 command
  shift
  command=$(ninja -C "$build" -t commands -s "$target" | tail -1)
  [ -n "$command" ] || fail "the build has no command for $target"
  while [ $# -gt 0 ]; do
    [[ $command == *"$1"* ]] || fail "the command for $target does not name $1"
    command=${command//"$1"/"$2"}
    shift 2
  done
  (cd "$build" && bash -c "$command") || fail "cannot build $target"
}

file=rectify/activation/formula_family.cc
awk -v line="$line" '/^};/ && !done { print line; done = 1 } { print }' "$source/$file" >"$work/formula_family.cc"
[ "$(diff "$source/$file" "$work/formula_family.cc" | grep -c '^[<>]')" = 1 ] || fail "$file did not take the line"

object=folders/activation/CMakeFiles/rectify_activation.dir/formula_family.cc.o
archive=folders/activation/librectify_activation.a
build_anew $object "$source/$file" "$work/formula_family.cc" "$object" "$work/formula_family.cc.o"
cp "$build/$archive" "$work/" && ar r "$work/librectify_activation.a" "$work/formula_family.cc.o" || fail "cannot replace the object"
for program in rectify folders/activation/activation_activation_test folders/activation/activation_catalogue_test bench/activations; do
  build_anew $program $archive "$work/librectify_activation.a" " -o $program " " -o $work/${program##*/} "
done

# Runs a command of the new build; what it prints must hold the text $1.
expect() {
  local wanted=$1 said
  shift
  said=$("$@" 2>&1) || fail "$* failed: $said"
  grep -qF -- "$wanted" <<<"$said" || fail "$* does not say \"$wanted\": $said"
}

rectify=$work/rectify
"$build/rectify" show $name >/dev/null 2>&1 && fail "the catalogue has a $name already"
expect "3 * x - a * softsign(x); a = 0.5 learn" "$rectify" list
expect "a = 0.5 (learnt)" "$rectify" show $name
expect $'1\t2.75\t2.875' "$rectify" eval $name --grad <<<1
expect $'1\t2.5' "$rectify" eval "oneline(a=1)" <<<1
expect "did you mean $name" bash -c "! '$rectify' eval one_lime </dev/null"
expect $'1\t2.75' "$rectify" eval OneLine --compat pytorch <<<1
expect "$name" "$rectify" train --data spirals --epochs 1 --activation $name
expect "### $name" "$rectify" list --markdown
expect "PASSED" "$work/activation_catalogue_test" --gtest_filter="*/$name"    # its slopes are finite differences
expect "PASSED" "$work/activation_activation_test" --gtest_filter="*/${name}_*"  # its arrays are the formula, on every target
for tests in activation_catalogue_test activation_activation_test; do
  expect "/$name" "$work/$tests" --gtest_list_tests
done
expect "$name" "$work/activations" --part table --only $name --rounds 1
