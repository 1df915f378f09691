#!/bin/sh
# QEMU of this system against newer ones, workload by workload, side by side on one machine.
# DIRECTORY holds the newer ones as 10.0/bin and 11.1/bin; the test set-up unpacks them into .cache/qemu.
#   reports/qemu-versions/run.sh [DIRECTORY] [TIME for each pair]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
newer=${1:-$root/.cache/qemu}
time=${2:-12m}
here=$root/reports/qemu-versions
workloads='boot build database fileserver postmark vdi random-read random-write sequential-read sequential-write
l2-slices subclusters slices-commit iozone-2-random backup-target'
options=''
for workload in $workloads; do options="$options --workload $workload"; done
for version in 10.0 11.1; do
  # shellcheck disable=SC2086 # the list is to be split
  node "$root/dist/cli/bin.js" run $options --qemu "$(dirname "$(command -v qemu-io)")" --qemu "$newer/$version/bin" \
    --until-decided "$time" --out "$here/7.2-beside-$version.ndjson" --out "$here/$version.ndjson" \
    >"$here/$version-run.txt"
  (
    cd "$here"
    node "$root/dist/cli/bin.js" compare "7.2-beside-$version.ndjson" "$version.ndjson" --allow-missing \
      --format markdown --output "$version.md" || true
  )
done
