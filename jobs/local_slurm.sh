#!/usr/bin/env bash
# A Slurm on this machine, for tests of job scripts; every file in one folder.
#
#   bash jobs/local_slurm.sh start FOLDER    prints nothing; then `export SLURM_CONF=FOLDER/slurm.conf`
#   bash jobs/local_slurm.sh stop FOLDER
#   bash jobs/local_slurm.sh run FOLDER COMMAND ...   start, run the command, stop
#
# One node, as root or as a plain user. With EIGENPROP_SLURM_NODES=2 or more, as root alone: nodes n1, n2, ...
# with networks, process numbers and host names of their own (namespaces of the kernel), all on this
# machine's files and cores; nothing outside sees their network. Commands for them:
#
#   bash jobs/local_slurm.sh on FOLDER COMMAND ...   where their controller is, for sbatch and the like
#   bash jobs/local_slurm.sh crash FOLDER NODE       all its processes at once
#   bash jobs/local_slurm.sh boot FOLDER NODE        after that
#
# Exit status 77: Slurm or munge is not installed, or nodes of their own are not possible here.
set -euo pipefail

for program in slurmctld slurmd munged sbatch; do
  if ! PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null; then
    echo "local_slurm: $program is not installed" >&2
    exit 77
  fi
done
PATH=$PATH:/usr/sbin:/sbin

# Below the ports that the system gives to outgoing connections, any of which may be taken at any moment
# without a listener that would answer here.
free_port() {
  local port last=32768
  read -r last _ 2>/dev/null </proc/sys/net/ipv4/ip_local_port_range || true
  if [ "$last" -le 12000 ]; then last=32768; fi
  while :; do
    port=$((10000 + RANDOM % (last - 10000)))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo $port
      return
    fi
  done
}

# Lines of slurm.conf, after those on the host and its network.
write_configuration() {
  cat >"$folder/slurm.conf" <<CONF
ClusterName=local
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.%n.log
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
$(printf '%s\n' "$@")
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
}

start_munge() {
  mkdir -p "$folder/state"
  chmod 700 "$folder"
  dd if=/dev/urandom bs=1 count=1024 of="$folder/munge.key" 2>/dev/null
  chmod 600 "$folder/munge.key"
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" \
    --seed-file="$folder/munged.seed"
}

start_one_node() {
  local host network=
  host=$(hostname -s)
  # slurmctld accepts this only where the host's own name is a loopback address.
  case $(getent hosts "$host" | awk '{print $1}') in
    127.*) network="CommunicationParameters=NoInAddrAny,NoCtldInAddrAny" ;;
  esac
  write_configuration "SlurmctldHost=$host(127.0.0.1)" "$network" \
    "NodeName=$host NodeAddr=127.0.0.1 CPUs=8 RealMemory=2000 State=UNKNOWN"
  slurmctld -D >"$folder/slurmctld.out" 2>&1 &
  slurmd -D >"$folder/slurmd.out" 2>&1 &
}

# Addresses in a network that ends within the namespaces: of the controller .1, of node i .(10 + i).
network=10.77.0
address_of() {
  if [ "$1" = control ]; then echo $network.1; else echo $network.$((10 + ${1#n})); fi
}

# separate NAME COMMAND ...: in the background, in namespaces of its own with this host name. What ends
# this process ends all within; FOLDER/NAME.unshare has its number.
separate() {
  # Its first process stays, and takes in orphans.
  # shellcheck disable=SC2016
  unshare --net --uts --pid --mount --fork --kill-child --mount-proc bash -c '
    hostname "$1"
    mount --bind "$2" /etc/hosts
    ip link set lo up
    "${@:3}" &
    wait' separate "$1" "$folder/hosts" "${@:2}" >"$folder/$1.out" 2>&1 </dev/null &
  echo $! >"$folder/$1.unshare"
}

# inner NAME: the number of the first process within.
inner() {
  local outer child=
  outer=$(cat "$folder/$1.unshare" 2>/dev/null) || return 1
  for _ in $(seq 100); do
    read -r child <"/proc/$outer/task/$outer/children" || true
    if [ -n "$child" ]; then
      printf '%s\n' "$child"
      return
    fi
    sleep 0.05
  done
  return 1
}

# within NAME COMMAND ...
within() {
  local process
  process=$(inner "$1") || { echo "local_slurm: $1 is not up" >&2; return 1; }
  nsenter --target "$process" --net --uts --mount --pid --wd="$PWD" -- "${@:2}"
}

# wire NAME ARGUMENTS OF IP ...: its network, from outside, where process numbers are this shell's.
wire() { nsenter --target "$(inner "$1")" --net ip "${@:2}"; }

boot() {
  # shellcheck disable=SC2016
  separate "$1" bash -c 'until ip -4 -br address show dev eth0 2>/dev/null | grep -q UP; do
      sleep 0.05
    done
    exec slurmd -D'
  wire control link add "to_$1" type veth peer name eth0 netns "$(inner "$1")"
  wire control link set "to_$1" master bridge up
  wire "$1" address add "$(address_of "$1")/24" dev eth0
  wire "$1" link set eth0 up
}

crash() {
  kill -9 "$(cat "$folder/$1.unshare")"
  # Its network goes when its last process has gone.
  while wire control link show "to_$1" >/dev/null 2>&1; do sleep 0.05; done
}

require_namespaces() {
  if [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null ||
    ! unshare --net --uts --pid --mount --fork --mount-proc ip link add bridge type bridge 2>/dev/null; then
    echo "local_slurm: nodes of their own need root, iproute2, and namespaces and bridges of the kernel" >&2
    exit 77
  fi
}

start_nodes() {
  local lines=("SlurmctldHost=control($(address_of control))" MessageTimeout=5
    "TmpFS=$folder/tmp.%n") node
  echo "127.0.0.1 localhost" >"$folder/hosts"
  for node in control $nodes; do
    mkdir -p "$folder/tmp.$node"
    echo "$(address_of "$node") $node" >>"$folder/hosts"
    [ "$node" = control ] ||
      lines+=("NodeName=$node NodeAddr=$(address_of "$node") CPUs=4 RealMemory=2000 State=UNKNOWN")
  done
  write_configuration "${lines[@]}"
  # shellcheck disable=SC2016
  separate control bash -c 'until ip -4 -br address show dev bridge 2>/dev/null | grep -q "/24"; do
      sleep 0.05
    done
    exec slurmctld -D'
  wire control link add bridge type bridge
  wire control address add "$(address_of control)/24" dev bridge
  wire control link set bridge up
  for node in $nodes; do boot "$node"; done
}

# controller COMMAND ...: where it reaches the controller.
controller() {
  if [ -e "$folder/nodes" ]; then within control "$@"; else "$@"; fi
}

start() {
  local count=${EIGENPROP_SLURM_NODES:-1} nodes='' i
  [ "$count" = 1 ] || require_namespaces
  start_munge
  export SLURM_CONF=$folder/slurm.conf
  if [ "$count" = 1 ]; then
    start_one_node
  else
    for ((i = 1; i <= count; ++i)); do nodes+=" n$i"; done
    echo "$nodes" >"$folder/nodes"
    start_nodes
  fi
  for _ in $(seq 150); do
    if [ "$(controller sinfo -h -N -t idle -o %N 2>/dev/null | sort -u | wc -l)" = "$count" ]; then
      return
    fi
    sleep 0.2
  done
  echo "local_slurm: not all nodes became idle; logs:" >&2
  tail -n 5 "$folder"/slurm*.log "$folder"/*.out >&2 || true
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
  local name outer
  if controller squeue -h >/dev/null 2>&1; then
    controller squeue -h -o %A | xargs -r bash "$0" on "$folder" scancel || true
    # A daemon that ends before its jobs leaves their stepd behind.
    for _ in $(seq 50); do
      [ -n "$(controller squeue -h 2>/dev/null)" ] || break
      sleep 0.2
    done
  fi
  if [ -e "$folder/nodes" ]; then
    for name in $(cat "$folder/nodes") control; do
      outer=$(cat "$folder/$name.unshare" 2>/dev/null) || continue
      kill -9 "$outer" 2>/dev/null || true
      rm -f "$folder/$name.unshare"
    done
    rm -f "$folder/nodes"
  else
    end_process "$folder/slurmd.$(hostname -s).pid"
    end_process "$folder/slurmctld.pid"
  fi
  end_process "$folder/munged.pid"
}

action=${1:-}
folder=${2:-}
[ -n "$folder" ] || {
  sed -n '2,18p' "$0"
  exit 2
}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
case $action in
start) start ;;
stop) stop ;;
on | crash | boot)
  export SLURM_CONF=$folder/slurm.conf
  shift 2
  case $action in
    on) controller "$@" ;;
    *) "$action" "$1" ;;
  esac
  ;;
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
