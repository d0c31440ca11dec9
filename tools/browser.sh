#!/usr/bin/env bash
# Bring Chromium from Debian's packages where it is missing and this is root; elsewhere say what to do. Its shell without
# windows comes too, where it can be had: journeys in it take half the processor time.
set -euo pipefail

bring() {
  echo "browser: installing $1 from Debian's packages"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

may_install=no
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then may_install=yes; fi

if ! command -v chromium chromium-browser google-chrome >/dev/null; then
  if [ $may_install = no ]; then
    echo "browser: no Chromium here. Install the package chromium; until then the browser tests are skipped." >&2
    exit 0
  fi
  bring chromium fonts-dejavu-core
fi
if ! command -v chromium-headless-shell >/dev/null && [ $may_install = yes ]; then
  bring chromium-headless-shell || echo "browser: without chromium-headless-shell the journeys only take longer" >&2
fi
