#!/bin/sh
# The whole suite, two processes side by side: first what only computes, then browsers beside servers
# and their clients, which mostly wait. Fails if any of the four does.
set -u
pytest="${PYTEST:-.venv/bin/pytest}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

"$pytest" tests/unit/engine tests/packaging tests/vectors >"$log" 2>&1 &
engine=$!
"$pytest" tests/contract tests/property tests/unit tests/unity tests/fuzz --ignore=tests/unit/engine
others=$?
wait "$engine"
engine=$?
cat "$log"
"$pytest" tests/browser --durations=12 >"$log" 2>&1 &
browser=$!
"$pytest" tests/integration --durations=12
serving=$?
wait "$browser"
browser=$?
cat "$log"

echo "exit codes: engine $engine, other units $others, serving $serving, browser $browser"
[ "$engine$others$serving$browser" = 0000 ]
