# Sourced by the scripts: where things are, and how a script speaks and fails.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/.tools
cd "$root"

# Everything that uv and npm keep stays in the checkout, unless the user has a cache of their own.
export UV_CACHE_DIR=${UV_CACHE_DIR:-$tools/cache}
export UV_PYTHON_INSTALL_DIR=${UV_PYTHON_INSTALL_DIR:-$tools/python}
export UV_NO_PROGRESS=1
export npm_config_cache=${npm_config_cache:-$tools/npm}
# Home Assistant starts three times as slowly without its bytecode.
unset PYTHONDONTWRITEBYTECODE

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() {
    say "$*"
    exit 1
}
is_root() { [ "$(id -u)" = 0 ]; }

# apt_install PACKAGE... : installs Debian packages where this machine has apt and root.
apt_install() {
    command -v apt-get >/dev/null && is_root || return 1
    say "installing $* with apt"
    {
        apt-get -q update &&
            DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@"
    } >"$tools/apt.log" 2>&1 || {
        tail -n 5 "$tools/apt.log" >&2
        return 1
    }
}
