#!/bin/sh
# Make .venv with everything that the locks name. Needs Python 3.11 to 3.13; as root on Debian it
# installs the packages that are missing, else it names the one command that does.
set -eu
python="${PYTHON:-python3}"

fail() { echo "setup: $*" >&2; exit 2; }

command -v "$python" >/dev/null 2>&1 || fail "$python is not there: install Python 3.11 to 3.13, or call make PYTHON=/path/to/python"
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
  || fail "$("$python" --version) is not supported: call make PYTHON=python3.11 (3.11 to 3.13)"

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || fail "the module venv is missing: run 'sudo apt-get install $package', then make again"
  apt-get update -qq >/dev/null && apt-get install -y -qq "$package" >/dev/null
fi
command -v git >/dev/null 2>&1 || fail "git is not there: run 'sudo apt-get install git', then make again"

[ -x .venv/bin/python ] || "$python" -m venv .venv
if [ ! -x .venv/bin/uv ]; then
  # The installer itself comes from the lock too, with its hashes.
  awk '/^uv==/ {on=1} on {print} on && !/\\$/ {exit}' requirements-dev.lock > .venv/uv.lock
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.lock
fi
# uv brings its own certificates; behind a proxy that has one of its own, the system's are needed.
install() {
  .venv/bin/uv pip install --quiet --python .venv/bin/python "$@" \
    || UV_SYSTEM_CERTS=true .venv/bin/uv pip install --quiet --python .venv/bin/python "$@"
}
install --require-hashes -r requirements-dev.lock
install --no-deps --editable .
