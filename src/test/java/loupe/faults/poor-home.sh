#!/usr/bin/env bash
# As root, in a mount namespace of its own: unshare -m bash poor-home.sh PROGRAM MODEL SAE CORPUS
# The paths have to be readable for the user nobody and must not lie below /tmp. Each line says what became of an index
# build by nobody: its exit code, how long it took, and its last line.
set -u
program=$1 model=$2 sae=$3 corpus=$4
place=$(mktemp -d /var/tmp/poor-home.XXXXXX)
chmod 755 "$place"
cleared() { rm -rf --one-file-system "$place"; }
trap cleared EXIT
mkdir "$place/home" "$place/read-only" "$place/out"
chown nobody "$place/home" "$place/read-only" "$place/out"
chmod 555 "$place/read-only"
number=0

# try WHAT ENVIRONMENT...
try() {
  local what=$1 begun=$SECONDS; shift
  number=$((number + 1))
  su -s /bin/bash nobody -c "cd '$place/out' && env $* '$program' index build --model '$model' --sae '$sae' \
    --corpus '$corpus' --out '$place/out/$number' --max-tokens 2000 --quiet" > "$place/said" 2>&1
  printf '%-40s exit %s, %s s: %s\n' "$what" $? $((SECONDS - begun)) "$(grep -v '^$' "$place/said" | tail -1 | cut -c1-300)"
}

small() { mount -t tmpfs -o size=1m,mode=1777 tmpfs "$1"; }
noexec() { mount -t tmpfs -o size=900m,noexec,mode=1777 tmpfs "$1"; }

try "no home" HOME=/nonexistent
try "a cache that is read-only" "HOME=$place/home" "XDG_CACHE_HOME=$place/read-only"
small "$place/home";  try "a home of 1 MB" "HOME=$place/home"; umount "$place/home"
noexec "$place/home"; try "a home without programs" "HOME=$place/home"; umount "$place/home"
small /tmp;  try "no home, /tmp of 1 MB" HOME=/nonexistent; try "/tmp of 1 MB" "HOME=$place/home"; umount /tmp
noexec /tmp; try "no home, /tmp without programs" HOME=/nonexistent; try "/tmp without programs" "HOME=$place/home"; umount /tmp
# somebody else has made the folders that libraries would be taken from
own=/tmp/sae-loupe-nobody
rm -rf "$own" "$place/home/.cache"
mkdir -p "$own/tokenizers" "$place/home/.cache/sae-loupe/native/tokenizers"
chown nobody "$place/home/.cache" "$place/home/.cache/sae-loupe"
chmod -R 777 "$own" "$place/home/.cache/sae-loupe/native"
try "libraries of another user in the cache" "HOME=$place/home"
try "no home, libraries of another user in /tmp" HOME=/nonexistent
chown nobody "$own"
try "no home, some of another user in ours" HOME=/nonexistent
rm -rf "$own"
