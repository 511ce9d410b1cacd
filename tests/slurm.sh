#!/bin/sh
# slurm.sh - examples/slurm-array.sh against a real Slurm of one node, which this script sets up in a scratch folder with
# a key, ports and daemons of its own, and takes down again: shards are all pictures, each once; a task that is told to
# end goes on when the job is submitted again. Run by hand, as root, after `make`:
#
#     apt-get install slurmctld slurmd slurm-client munge
#     tests/slurm.sh
#
# Seen to fail by: an index that is not counted from SLURM_ARRAY_TASK_MIN in src/cli/shard.c.
BUILD=${BUILD:-build/release}
. tests/cli/common.inc
for program in slurmctld slurmd sbatch munged; do
    command -v $program >/dev/null 2>&1 || { echo "SKIP slurm: $program is absent"; exit 0; }
done
[ "$(id -u)" -eq 0 ] || { echo "SKIP slurm: its daemons want to be root here"; exit 0; }
"$convert" -q tests/data/goldens/srvgg_tiny_x4/weights.safetensors -o "$scratch/photo-x4.anew" || exit 1
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
chmod 755 "$scratch"

# ---- a cluster of one node ----
dd if=/dev/urandom of=munge.key bs=1024 count=1 2>/dev/null
chmod 400 munge.key
mkdir state spool
cat >slurm.conf <<END
ClusterName=anew
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$scratch/munge.socket
StateSaveLocation=$scratch/state
SlurmdSpoolDir=$scratch/spool
SlurmctldPidFile=$scratch/slurmctld.pid
SlurmdPidFile=$scratch/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,sched_min_interval=1000
ReturnToService=2
KillWait=5
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF="$scratch/slurm.conf"
munged --foreground --force --key-file="$scratch/munge.key" --socket="$scratch/munge.socket" --pid-file="$scratch/munge.pid" \
    --log-file="$scratch/munge.log" --seed-file="$scratch/munge.seed" >munged.out 2>&1 &
munge=$!
sleep 1
slurmctld -D >slurmctld.log 2>&1 &
control=$!
slurmd -D >slurmd.log 2>&1 &
node=$!
take_down() {
    kill $node $control $munge 2>/dev/null
    wait $node $control $munge 2>/dev/null
    rm -rf "$scratch"
}
trap take_down EXIT
for i in $(seq 1 40); do
    sinfo -h -o %t 2>/dev/null | grep -qx idle && break
    sleep 0.5
done
if ! sinfo -h -o %t 2>/dev/null | grep -qx idle; then
    echo "SKIP slurm: its node does not come up here: $(tail -n 3 slurmctld.log slurmd.log munged.out | cut -c1-200)"
    exit 0
fi
echo "a node of $(sinfo --version), $(sinfo -h -o '%t, %c CPUs')"

# ---- the example ----
mkdir -p photos/below
for i in $(seq 1 40); do
    cp small.ppm "photos/$([ $((i % 3)) -eq 0 ] && echo below/)p$i.ppm"
done
"$anew" --quiet -m "$scratch/photo-x4.anew" photos -r -o whole
# The model by a file of its own: the example names none.
cat >anew-tiny <<END
#!/bin/sh
exec "$anew" -m "$scratch/photo-x4.anew" --jobs 1 "\$@"
END
chmod +x anew-tiny
submit() { # ARRAY: waits for the job's end
    ANEW="$scratch/anew-tiny" sbatch --quiet --wait --array="$1" --cpus-per-task=1 --output="$scratch/task-%a.log" \
        "$root/examples/slurm-array.sh" "$scratch/photos" "$scratch/$2"
}
done_of() { # RESULTS: inputs that its journals say are done, sorted
    sed -n 's/.*"event":"done","input":"\([^"]*\)".*/\1/p' "$1".journals/*.jsonl | LC_ALL=C sort
}
for array in 0-3 5-8 10-40:10; do
    submit $array results || complain "--array=$array: exit code $?: $(tail -n 2 task-*.log)"
    diff -r whole results >differences || complain "--array=$array: $(head -n 3 differences)"
    [ "$(done_of results | wc -l)" -eq 40 ] || complain "--array=$array: $(done_of results | wc -l) of 40 done"
    [ -z "$(done_of results | uniq -d)" ] || complain "--array=$array: done twice: $(done_of results | uniq -d)"
    tasks=$(find results.journals -name '*.jsonl' -size +100c | wc -l)
    [ "$tasks" -eq 4 ] || complain "--array=$array: $tasks tasks had pictures"
    echo "--array=$array: 40 pictures by $tasks tasks: $(wc -l results.journals/*.json | tail -n 1 | awk '{ print $1 }') reports"
    rm -r results results.journals task-*.log
done
submit 1,2,9 results && complain "an array with gaps"
grep -q 'number the array without gaps' task-9.log || complain "an array with gaps: $(cat task-*.log)"
rm -rf results results.journals task-*.log

# ---- told to end, and submitted again ----
"$anew" --quiet photos/p1.ppm -s 16 -o big.ppm
for i in 1 2 3 4 5 6 7 8; do
    cp big.ppm "photos/big$i.ppm"
done
"$anew" --quiet -m "$scratch/photo-x4.anew" photos -r -o whole --skip-existing
ANEW="$scratch/anew-tiny" sbatch --quiet --array=0-1 --cpus-per-task=1 --output="$scratch/task-%a.log" \
    "$root/examples/slurm-array.sh" "$scratch/photos" "$scratch/results"
for i in $(seq 1 100); do
    [ "$(done_of results 2>/dev/null | wc -l)" -ge 3 ] && break
    sleep 0.1
done
scancel --batch --signal=TERM --name=anew
for i in $(seq 1 60); do
    [ -z "$(squeue -h)" ] && break
    sleep 0.5
done
before=$(done_of results | wc -l)
grep -h interrupted task-*.log || echo "SKIP the interruption: the tasks were through"
submit 0-1 results || complain "submitted again: exit code $?: $(tail -n 2 task-*.log)"
diff -r whole results >differences || complain "submitted again: $(head -n 3 differences)"
[ "$(done_of results | uniq | wc -l)" -eq 48 ] || complain "submitted again: $(done_of results | uniq | wc -l) of 48 done"
[ -z "$(done_of results | uniq -d)" ] || complain "done twice: $(done_of results | uniq -d)"
echo "told to end with $before of 48 done, and submitted again: all done, none twice"
[ "$failures" -eq 0 ]
