#!/bin/sh
# slurm-array.sh - a folder's pictures on 16 machines: sbatch slurm-array.sh PHOTOS RESTORED
#
# Each task takes its own sixteenth (--shard auto) and has a journal of its own, so that a task that was stopped goes on
# where it ended when the same script is submitted again, or when Slurm requeues it.
#SBATCH --job-name=anew
#SBATCH --array=0-15
#SBATCH --cpus-per-task=8
#SBATCH --requeue
#SBATCH --open-mode=append
# A minute before the time is up, the task is told to end in order: what is done is written down.
#SBATCH --signal=B:TERM@60
set -eu
photos=$1 restored=$2
anew=${ANEW:-anew}
mkdir -p "$restored" "$restored.journals"
own=$restored.journals/$SLURM_ARRAY_TASK_ID
exec "$anew" "$photos" --recursive --output "$restored" --shard auto --journal "$own.jsonl" --report "$own.json" --retry 3
