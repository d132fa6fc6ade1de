#!/bin/sh
# The end-to-end test drives the office's page with Debian's Chromium. As root it is installed; else
# the test is reported as not run, with the command that mends it.
set -eu
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "chromium is not there, its test will not run: sudo apt-get install chromium" >&2
