#!/usr/bin/env bash
# A one-node Slurm on this machine, for tests of job scripts; every file in one folder.
#
#   bash jobs/local_slurm.sh start FOLDER    prints nothing; then `export SLURM_CONF=FOLDER/slurm.conf`
#   bash jobs/local_slurm.sh stop FOLDER
#   bash jobs/local_slurm.sh run FOLDER COMMAND ...   start, run the command, stop
#
# Works as root or as a plain user. Exit status 77: Slurm or munge is not installed.
set -euo pipefail

for program in slurmctld slurmd munged sbatch; do
  if ! PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null; then
    echo "local_slurm: $program is not installed" >&2
    exit 77
  fi
done
PATH=$PATH:/usr/sbin:/sbin

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo $port
      return
    fi
  done
}

write_configuration() {
  local host user network=
  host=$(hostname -s)
  user=$(id -un)
  # slurmctld accepts this only where the host's own name is a loopback address.
  case $(getent hosts "$host" | awk '{print $1}') in
  127.*) network="CommunicationParameters=NoInAddrAny,NoCtldInAddrAny" ;;
  esac
  cat >"$folder/slurm.conf" <<CONF
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
KillWait=2
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
$network
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
}

start() {
  mkdir -p "$folder/state" "$folder/spool"
  chmod 700 "$folder"
  dd if=/dev/urandom bs=1 count=1024 of="$folder/munge.key" 2>/dev/null
  chmod 600 "$folder/munge.key"
  write_configuration
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" \
    --seed-file="$folder/munged.seed"
  export SLURM_CONF=$folder/slurm.conf
  slurmctld -D >"$folder/slurmctld.out" 2>&1 &
  slurmd -D >"$folder/slurmd.out" 2>&1 &
  for _ in $(seq 100); do
    if sinfo -h -o %T 2>/dev/null | grep -q idle; then return; fi
    sleep 0.2
  done
  echo "local_slurm: the node did not become idle; logs:" >&2
  tail -n 5 "$folder"/slurm*.log "$folder"/slurm*.out >&2 || true
  stop
  exit 1
}

# end_process PIDFILE: asks, waits, then insists.
end_process() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null || return 0
  for _ in $(seq 50); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
}

stop() {
  export SLURM_CONF=$folder/slurm.conf
  if squeue -h >/dev/null 2>&1; then
    squeue -h -o %A | xargs -r scancel || true
    # A daemon that ends before its jobs leaves their stepd behind.
    for _ in $(seq 50); do
      [ -n "$(squeue -h 2>/dev/null)" ] || break
      sleep 0.2
    done
  fi
  end_process "$folder/slurmd.pid"
  end_process "$folder/slurmctld.pid"
  end_process "$folder/munged.pid"
}

action=${1:-}
folder=${2:-}
[ -n "$folder" ] || {
  sed -n '2,9p' "$0"
  exit 2
}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
case $action in
start) start ;;
stop) stop ;;
run)
  shift 2
  start
  trap stop EXIT
  "$@"
  ;;
*)
  echo "local_slurm: unknown action '$action'" >&2
  exit 2
  ;;
esac
