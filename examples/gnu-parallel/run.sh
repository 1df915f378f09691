#!/bin/bash
# Spreads a run over hosts that ssh reaches, a shard at a time on each, and merges what they measured:
#   HOSTS=alice@one,alice@two ./run.sh
# Called again it runs only the shards that have failed. Without HOSTS all of them run here, one after the other.
set -euo pipefail

shards=${SHARDS:-4}
hosts=${HOSTS:-:}
# No braces and no quotes: the words go through a shell on each host.
plan=${PLAN:---workload database --workload vdi --workload random-read --workload random-write --disk 8G \
--drive l2-cache-size=256K --drive l2-cache-size=1M --repetitions 6}

# -j1: two measurements on one host at the same time would measure each other.
parallel -j1 --sshlogin "$hosts" --joblog shards.log --resume-failed --return 'shard-{}.ndjson' --cleanup \
  "rm -f shard-{}.ndjson && qtune run $plan --engine qemu-io --shard {}/$shards --out shard-{}.ndjson" ::: $(seq "$shards")

qtune merge shard-*.ndjson --out run.ndjson
