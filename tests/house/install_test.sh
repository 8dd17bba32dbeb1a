#!/usr/bin/env bash
# Installs this build under a temporary prefix and builds a stranger's program against it, once
# found by CMake and once by pkg-config.
#   install_test.sh CMAKE BUILD_DIR CC LIBDIR
set -euo pipefail
cmake=$1 build=$2 cc=$3 libdir=$4
consumer=$(cd "$(dirname "$0")/consumer" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$cmake" --install "$build" --prefix "$tmp/prefix" >"$tmp/install.log"
for file in include/surgetank/status.h "$libdir/pkgconfig/surgetank.pc"; do
    [ -e "$tmp/prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done

echo "by find_package:"
"$cmake" -S "$consumer" -B "$tmp/consumer" -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_PREFIX_PATH="$tmp/prefix" >"$tmp/configure.log" || { cat "$tmp/configure.log"; exit 1; }
"$cmake" --build "$tmp/consumer" >"$tmp/build.log" || { cat "$tmp/build.log"; exit 1; }
LD_LIBRARY_PATH="$tmp/prefix/$libdir" "$tmp/consumer/consumer"

echo "by pkg-config:"
export PKG_CONFIG_PATH="$tmp/prefix/$libdir/pkgconfig"
# shellcheck disable=SC2046 # the flags are meant to split
"$cc" "$consumer/consumer.c" -o "$tmp/consumer-pc" $(pkg-config --cflags --libs surgetank)
LD_LIBRARY_PATH="$tmp/prefix/$libdir" "$tmp/consumer-pc"

program="$tmp/prefix/bin/surgetank"
if [ -x "$program" ]; then
    echo "the installed program:"
    "$program" sites >/dev/null || { echo "surgetank sites failed after installation"; exit 1; }
fi
