/**
 * The process that makes what outlives a process (the loop device, the tracer's instance, the memory group) and takes it
 * away when its standard input ends, which is also when qtune was killed. It runs in its own session and mount namespace and
 * takes no signals but SIGKILL. A line is a command, and is answered by one: `ok …` or `failed …`.
 *
 * What it kills it knows by the mount namespace, as the id alone may be somebody else's by then.
 *
 * A loop device is attached here and not in the namespace that dies with qtune, so that no kill falls between attaching it
 * and asking for its autoclear. That goes through a lazy detach: the device is open here, so it stays until the last user
 * is gone, whoever that is. Read-ahead of the device is that of a disk in a guest, and what it was at the end.
 *
 * The daemon's FUSE connection is aborted where the namespaces do not end within a second: a daemon that was stopped would
 * keep them waiting for ever.
 *
 * Arguments: 1 the directory of the tracer, 2 the name of its instance.
 *
 * @source losetup(8) on --detach; Linux drivers/block/loop.c, loop_clr_fd(); Documentation/filesystems/fuse, "Control filesystem"
 */
export const guardScript = String.raw`
trap '' INT TERM HUP QUIT PIPE TSTP TTIN TTOU
tracing=$1 instance=$1/instances/$2
scratch= holder= space= loop= group= traced= ahead= unfinished= connection=
connections=/sys/fs/fuse/connections
oneline() { tr '\n' ' '; }
answer() { printf '%s\n' "$*"; }
# A kill may come between what is made and the answer to it, so that the answer fails: that it was made still counts.
make() {
  if said=$(mkdir "$1" 2>&1); then made=yes; answer ok; else made=; answer failed "$(printf %s "$said" | oneline)"; fi
}
attach() {
  enter="nsenter --target $1 --mount --"
  number=$($enter stat -c %d "$scratch/$2")
  if [ "$number" = "$($enter stat -c %d "$scratch")" ]; then
    answer failed "the image is not exported any more"; return
  fi
  connection=$((number & 0xff | number >> 12 & 0xfff00))
  # Warnings come beside the name of the device, so they must not be taken for a part of it.
  if ! said=$($enter losetup --find --show "$scratch/$2" 2>"$scratch/said"); then
    answer failed "$(oneline <"$scratch/said")"; return
  fi
  loop=$said
  if ! { : 9<>"$loop"; } 2>/dev/null; then
    losetup --detach "$loop"; loop=; answer failed "the device cannot be opened"; return
  fi
  exec 9<>"$loop"
  losetup --detach "$loop" 2>/dev/null
  queue=/sys/block/${'$'}{loop#/dev/}/queue
  ahead=$(cat "$queue/read_ahead_kb")
  echo 128 >"$queue/read_ahead_kb"
  answer ok "$loop"
}
release() {
  [ -n "$loop" ] || return 0
  [ -z "$ahead" ] || echo "$ahead" >"$queue/read_ahead_kb"
  exec 9>&-
  loop=
}
space_of() { readlink "/proc/$1/ns/mnt"; }
abort() {
  [ -n "$connection" ] || return 0
  [ -e "$connections/$connection" ] || mount -t fusectl none "$connections"
  echo 1 >"$connections/$connection/abort"
}
is_there() { [ -n "$space" ] && [ "$(space_of "$holder")" = "$space" ]; }
clean() {
  tries=200
  while is_there && [ "$tries" -gt 0 ]; do
    kill -KILL "$holder"
    sleep 0.05
    tries=$((tries - 1))
    [ "$tries" -gt 180 ] || abort
  done
  release
  if [ -n "$traced" ]; then
    echo 0 >"$instance/events/enable"
    tries=100
    until rmdir "$instance" || [ "$tries" = 0 ]; do sleep 0.05; tries=$((tries - 1)); done
  fi
  if [ -n "$group" ]; then
    tries=100
    until rmdir "$group" || [ "$tries" = 0 ]; do sleep 0.05; tries=$((tries - 1)); done
  fi
  [ -z "$unfinished" ] || rm -f -- "$unfinished"
  [ -z "$scratch" ] || rm -rf -- "$scratch"
}
trap 'clean >/dev/null 2>&1' EXIT
if [ ! -d "$tracing/instances" ]; then mount -t tracefs nodev "$tracing" 2>/dev/null; fi
read -r self rest </proc/self/stat
answer ok "$self"
while IFS=' ' read -r verb rest; do
  case $verb in
    scratch) scratch=$rest; answer ok ;;
    holder) holder=$rest space=$(space_of "$rest"); answer ok ;;
    trace) make "$instance"; traced=$made ;;
    group) make "$rest"; [ -z "$made" ] || group=$rest ;;
    remove) unfinished=$rest; answer ok ;;
    attach) attach $rest ;;
    release) release; answer ok ;;
    *) answer failed "unknown command" ;;
  esac
done
`;
