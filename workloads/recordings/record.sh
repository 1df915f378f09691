#!/bin/sh
# Records the workloads beside this file that qtune can record here, anew: recordings/record.sh DIRECTORY [NAME…]
# Needs root, FUSE, loop devices and the kernel's tracer, and: e2fsprogs xfsprogs postmark git gcc make rsync tar dpkg apt.
# The programs choose what they write by themselves (journals, times, names), so sizes and order are close, not equal.
# boot, iozone and pgbench are not here: they come from block traces that were recorded before (see their `source`).
set -eu

out=$(mkdir -p "$1" && cd "$1" && pwd)
shift
names=${*:-mkfs-ext4 mkfs-xfs postmark package-install git-build backup}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
: "${QTUNE:=qtune}"

record() {
  name=$1
  shift
  $QTUNE workload record --name "$name" --out "$out/$name.iolog.gz" --json "$@" >"$out/$name.json"
}

# A project of many small sources, as a bare repository with a short history.
repository() {
  [ ! -d "$work/project.git" ] || return 0
  git init -q "$work/project"
  (
    cd "$work/project"
    git config user.name qtune
    git config user.email qtune@localhost
    mkdir src
    for file in $(seq 1 160); do
      {
        echo '#include <stdio.h>'
        echo '#include <string.h>'
        for line in $(seq 1 30); do
          echo "int part_${file}_$line(const char *text) { char copy[64]; return snprintf(copy, sizeof copy, \"%s $line\", text) + (int)strlen(copy); }"
        done
      } >"src/part$file.c"
    done
    echo 'int main(void) { return 0; }' >src/main.c
    printf '%s\n' 'OBJECTS = $(patsubst %.c,%.o,$(wildcard src/*.c))' 'program: $(OBJECTS)' '	$(CC) -o $@ $(OBJECTS)' >Makefile
    git add .
    git commit -qm first
    for file in 3 60 111; do
      echo "int more_$file(void) { return $file; }" >>"src/part$file.c"
      git commit -qam "part $file"
    done
  )
  git clone -q --bare "$work/project" "$work/project.git"
}

for name in $names; do
  case $name in
    mkfs-ext4 | mkfs-xfs)
      record "$name" --fs none -- sh -c "mkfs.${name#mkfs-} -q \"\$QTUNE_DEVICE\""
      ;;
    postmark)
      # Rows of the usual small configuration; 16 MiB of memory, so that a pool of 50 MB does not stay in it.
      printf '%s\n' 'set number 4000' 'set transactions 6000' 'set subdirectories 50' 'set seed 42' run quit >"$work/postmark"
      record "$name" --memory 24M -- postmark "$work/postmark"
      ;;
    package-install)
      # dpkg, with the fsync after every file that it does, into a root of its own. Packages are not set up: their scripts need a system.
      (cd "$work" && apt-get download -q ${PACKAGES:-perl-modules-5.36 libperl5.36 perl vim-runtime git} >/dev/null)
      record "$name" -- sh -c '
        mkdir -p root/var/lib/dpkg/info root/var/lib/dpkg/updates
        : >root/var/lib/dpkg/status
        dpkg --root="$PWD/root" --force-all --unpack "$0"/*.deb' "$work"
      ;;
    git-build)
      repository
      record "$name" -- sh -c 'git clone -q --no-local "$0" work && cd work && make -s -j2 && sync && touch src/part*3.c && make -s' "$work/project.git"
      ;;
    backup)
      # A first copy of a tree, then what changed in it, then an archive of the whole.
      mkdir -p "$work/tree"
      for directory in ${BACKUP_OF:-/usr/share/perl /usr/share/doc/git /usr/lib/git-core}; do
        [ ! -d "$directory" ] || cp -rL "$directory" "$work/tree/" 2>/dev/null || true
      done
      record "$name" -- sh -c '
        rsync -a "$0/" full/ && sync
        find "$0" -type f | sort | sed -n "0~20p" | while read -r file; do echo changed >>"$file"; done
        rsync -a --link-dest="$PWD/full" "$0/" incremental/ && sync
        tar -cf archive.tar -C "$0" . && sync' "$work/tree"
      ;;
    *)
      echo "no recording is called $name" >&2
      exit 2
      ;;
  esac
done
