#!/bin/sh
# The whole suite. What only computes runs in two processes side by side; what serves, waits and
# watches the clock comes after it and has the machine to itself. Fails if any of the three does.
set -u
pytest="${PYTEST:-.venv/bin/pytest}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

"$pytest" tests/unit/engine tests/packaging tests/vectors >"$log" 2>&1 &
engine=$!
"$pytest" tests/contract tests/property tests/unit --ignore=tests/unit/engine
others=$?
wait "$engine"
engine=$?
cat "$log"
"$pytest" --ignore=tests/contract --ignore=tests/property --ignore=tests/unit \
    --ignore=tests/packaging --ignore=tests/vectors
serving=$?

echo "exit codes: engine $engine, other units $others, serving $serving"
[ "$engine$others$serving" = 000 ]
