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

# ---- Debian's packages, for roots that mmdebstrap(1) makes

# package_sources RELEASE: the lines of sources.list for it, by which this machine gets its own packages.
package_sources() {
  local wanted=$1 format="\$(ORIGIN) \$(COMPONENT) \$(CODENAME) \$(REPO_URI)" origin component suite address
  apt-get indextargets --format "$format" "Created-By: Packages" | sort -u |
    while read -r origin component suite address; do
      [[ $origin == Debian && $component == main ]] || continue
      case $suite in
        *-updates) suite=$wanted-updates ;;
        *-security) suite=$wanted-security ;;
        *-*) continue ;;
        *) suite=$wanted ;;
      esac
      # A list of mirrors, on this machine: the first of them.
      if [[ $address == mirror+file:* ]]; then
        address=${address#mirror+file:}
        address=$(awk '/^[^#]/ { print $1; exit }' "${address%/}")
      fi
      echo "deb $address $suite main"
    done | sort -u
}

# How this machine's apt reaches its sources, as options of mmdebstrap.
apt_options() {
  apt-config dump --format '%f "%v";%n' |
    sed -nE 's/^(Acquire::(https?::([^ ]*::)?Proxy|Check-(Valid-Until|Date)|Retries) ".+";)$/--aptopt=\1/p'
}

# minimal_root RELEASE DIR [OPTION...]: makes a root of a release of Debian; the options are those of mmdebstrap.
minimal_root() {
  local release=$1 root=$2 sources options include=()
  shift 2
  sources=$(package_sources "$release")
  if [[ -z $sources ]]; then
    apt-get -q update
    sources=$(package_sources "$release")
  fi
  if [[ -z $sources ]]; then
    echo "WRONG: this machine's apt has no source of Debian's packages" >&2
    return 1
  fi
  [[ $sources != *" https:"* ]] || include=(--include=ca-certificates)
  mapfile -t options < <(apt_options)
  # Nothing in it has to outlive a power failure.
  mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io "${options[@]}" "${include[@]}" "$@" \
    "$release" "$root" - <<<"$sources"
}
