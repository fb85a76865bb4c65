#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that building and testing e-KerMed need. It
# says what it installs, asks for sudo when it must, and does nothing when all is there.
# With the word netlab it adds what `make netlab` needs: firewall, proxies, a second TURN
# server. Those packages would start daemons of their own: they are kept from it.
set -euo pipefail

build=(gcc g++ pkg-config libgl1-mesa-dev xorg-dev libxkbcommon-dev libwayland-dev libvpx-dev libopus-dev libspeexdsp-dev)
check=(xvfb xauth libgl1-mesa-dri xdotool xclip imagemagick pulseaudio pulseaudio-utils gnome-keyring dbus fonts-dejavu-core ca-certificates iproute2 util-linux)
browsers=(chromium firefox-esr)
network=()
[ "${1:-}" = netlab ] && network=(nftables tinyproxy-bin nginx-light haproxy coturn libnss3-tools)
daemons=(nginx haproxy coturn)

if ! command -v apt-get >/dev/null; then
  echo "setup: this is no Debian or Ubuntu; install the equivalents of: ${build[*]} ${check[*]} ${browsers[*]} ${network[*]}" >&2
  exit 1
fi
missing=()
for package in "${build[@]}" "${check[@]}" "${browsers[@]}" "${network[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
for tool in go node npm; do
  command -v "$tool" >/dev/null && continue
  case $tool in
    go) echo "setup: Go 1.26 or newer is missing; see https://go.dev/doc/install" >&2; exit 1 ;;
    *) missing+=(nodejs npm) ;;
  esac
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "setup: installing ${missing[*]}"
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
"${sudo[@]}" apt-get update -qq

# While policy-rc.d answers 101, no package starts a service. One that is there already
# belongs to somebody else and stays.
policy=/usr/sbin/policy-rc.d
if [ ${#network[@]} -gt 0 ] && [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee $policy >/dev/null
  "${sudo[@]}" chmod 755 $policy
  trap '"${sudo[@]}" rm -f $policy' EXIT
fi
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=600 "${missing[@]}" >/dev/null
# Nor at the next boot. A daemon that was installed before is not touched.
for daemon in "${daemons[@]}"; do
  for package in "${missing[@]}"; do
    if [ "${package%-light}" = "$daemon" ] && [ -x "/etc/init.d/$daemon" ]; then
      "${sudo[@]}" update-rc.d "$daemon" disable >/dev/null
    fi
  done
done
