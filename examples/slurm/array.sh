#!/bin/bash
# Spreads a run over four nodes:
#   job=$(sbatch --parsable array.sh)
#   sbatch --dependency=afterok:$job --wrap 'qtune merge shards --out run.ndjson'
# To run one shard again, say which one it is, since Slurm would call it the only one:
#   QTUNE_SHARD=3/4 sbatch --array=2 array.sh
#SBATCH --job-name=qtune
#SBATCH --array=0-3
#SBATCH --exclusive
#SBATCH --no-requeue
#SBATCH --time=01:00:00
set -euo pipefail

# The size of the array: a task that was started alone must not take itself for the whole run.
export QTUNE_SHARD_TOTAL=4
# The same in every task: the plan's hash is checked when shards are merged.
read -r -a plan <<< "${PLAN:---workload database --workload vdi --workload random-read --workload random-write --disk 8G \
--drive l2-cache-size=256K --drive l2-cache-size=1M --repetitions 6}"

# The disk that is measured is the one of TMPDIR: the node's own, not the shared file system.
export TMPDIR="${SLURM_TMPDIR:-/tmp}"
mkdir -p shards
qtune run "${plan[@]}" --engine qemu-io --shard auto --out "shards/shard-$SLURM_ARRAY_TASK_ID.ndjson"
