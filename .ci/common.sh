# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What ./check and ./try share. Sourced.

# section TEXT: says what comes next, and how long it has taken up to here.
section() {
  current_section=$*
  printf '\n== %4d s  %s\n' "$SECONDS" "$*"
}

# verdict NAME STATUS: the last line says how it ended.
verdict() {
  if [[ $2 -eq 0 ]]; then
    printf '\n%s: everything passed (%d s)\n' "$1" "$SECONDS"
  else
    printf '\n%s: FAILED in "%s" (%d s)\n' "$1" "${current_section:-start}" "$SECONDS"
  fi
}

# ccache makes a second cold build quick, where it is installed.
cmake_launcher() {
  if command -v ccache >/dev/null; then
    echo -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
  fi
}

# shellcheck disable=SC2034 # for those who source this
jobs=$(nproc)
