#!/bin/sh
# Installs the dependencies when there are none yet, or when the lockfile is newer than they are.
set -e
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund
fi
