#!/bin/sh
# The whole round of benchmarks, one after the other, then the tables and pictures of
# docs/benchmarks.md. On an idle machine with two processors:
#
#   sh scripts/benchmarks.sh            about an hour, eight minutes of it the soak
#   sh scripts/benchmarks.sh --quick    about 5 minutes: shows that all of it works; the results go
#                                       to benchmarks/results/quick, and no page is written
#
# PYTHON is the Python of an environment with the development tools (default: .venv/bin/python).
# With HOSTS_PYTHON, a Python that has LitServe, mosec, Ray Serve and emopic-engine, these are
# measured, too (about 10 minutes more). ONLY="sweep wire" runs only those.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-.venv/bin/python}"
ONLY="${ONLY:-bench engines peers sweep capacity fanout connections fairness wire boundary kills soak}"
RESULTS=benchmarks/results
QUICK="${1:-}"
case "$QUICK" in
  "" ) ;;
  --quick) RESULTS=benchmarks/results/quick ;;
  *) echo "usage: sh scripts/benchmarks.sh [--quick]" >&2; exit 2 ;;
esac
mkdir -p "$RESULTS"

# What a benchmark is called with: for a whole round, or for a quick one.
run() {
  case "$1$QUICK" in
    bench) "$PYTHON" -m emopic_server bench --out "$RESULTS" ;;
    bench--quick) "$PYTHON" -m emopic_server bench --seconds 5 --no-startup --out "$RESULTS" ;;
    peers) "$PYTHON" -m benchmarks.peers ${HOSTS_PYTHON:+--hosts-python "$HOSTS_PYTHON"} ;;
    peers--quick)
      "$PYTHON" -m benchmarks.peers --seconds 2 --rounds 1 --models bundled --out "$RESULTS/peers.json" ;;
    boundary) "$PYTHON" -m emopic_server.bench.boundary --out "$RESULTS" ;;
    boundary--quick) "$PYTHON" -m emopic_server.bench.boundary --rounds 200 --out "$RESULTS" ;;
    kills) "$PYTHON" -m emopic_server.bench.kills --out "$RESULTS" ;;
    kills--quick) "$PYTHON" -m emopic_server.bench.kills --kills 2 --out "$RESULTS" ;;
    fairness) "$PYTHON" -m benchmarks.fairness --seconds 30 --rounds 2 ;;
    soak) "$PYTHON" -m benchmarks.soak --seconds 480 ;;
    *) "$PYTHON" -m "benchmarks.$1" $QUICK ;;
  esac
}

began=$(date +%s)
failed=""
for name in $ONLY; do
  started=$(date +%s)
  echo "== $name" >&2
  run "$name" || failed="$failed $name"
  echo "   $(($(date +%s) - started)) s" >&2
done
if [ -z "$QUICK" ]; then "$PYTHON" -m benchmarks.tables "$RESULTS"; fi
echo "all: $(($(date +%s) - began)) s" >&2
if [ -n "$failed" ]; then echo "failed:$failed" >&2; exit 1; fi
