#!/bin/sh
# The whole suite. What only computes, or mostly waits, runs in two processes side by side; browsers
# and what watches the clock come after it and have the machine to themselves. Fails if any of the
# three does.
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
"$pytest" tests/browser tests/integration --durations=12
serving=$?

echo "exit codes: engine $engine, other units $others, serving $serving"
[ "$engine$others$serving" = 000 ]
