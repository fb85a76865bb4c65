#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that building and testing e-KerMed need. It
# says what it installs, asks for sudo when it must, and does nothing when all is there.
# With the word netlab it adds what `make netlab` needs: firewall, proxies, a second TURN
# server. Those packages would start daemons of their own: they are kept from it.
set -euo pipefail

build=(gcc g++ pkg-config libgl1-mesa-dev xorg-dev libxkbcommon-dev libwayland-dev libvpx-dev libopus-dev libspeexdsp-dev libpipewire-0.3-dev)
check=(xvfb xauth libgl1-mesa-dri xdotool xclip imagemagick pulseaudio pulseaudio-utils gnome-keyring dbus fonts-dejavu-core ca-certificates iproute2 util-linux)
# A Wayland desktop, without what these recommend: pipewire-pulse would take over the sound.
wayland=(sway swaybg xdg-desktop-portal xdg-desktop-portal-wlr pipewire pipewire-bin wireplumber)
browsers=(chromium firefox-esr)
network=()
[ "${1:-}" = netlab ] && network=(nftables tinyproxy-bin nginx-light haproxy coturn libnss3-tools)
daemons=(nginx haproxy coturn)

if ! command -v apt-get >/dev/null; then
  echo "setup: this is no Debian or Ubuntu; install the equivalents of: ${build[*]} ${check[*]} ${wayland[*]} ${browsers[*]} ${network[*]}" >&2
  exit 1
fi
installed() { [ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null || true)" = "install ok installed" ]; }
missing=() lean=()
for package in "${build[@]}" "${check[@]}" "${browsers[@]}" "${network[@]}"; do
  installed "$package" || missing+=("$package")
done
for package in "${wayland[@]}"; do
  installed "$package" || lean+=("$package")
done
for tool in go node npm; do
  command -v "$tool" >/dev/null && continue
  case $tool in
    go) echo "setup: Go 1.26 or newer is missing; see https://go.dev/doc/install" >&2; exit 1 ;;
    *) missing+=(nodejs npm) ;;
  esac
done
[ $((${#missing[@]} + ${#lean[@]})) -eq 0 ] && exit 0

echo "setup: installing ${missing[*]} ${lean[*]}"
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
install() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=600 "$@" >/dev/null; }
[ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
[ ${#lean[@]} -eq 0 ] || install --no-install-recommends "${lean[@]}"
# Nor at the next boot. A daemon that was installed before is not touched.
for daemon in "${daemons[@]}"; do
  for package in "${missing[@]}"; do
    if [ "${package%-light}" = "$daemon" ] && [ -x "/etc/init.d/$daemon" ]; then
      "${sudo[@]}" update-rc.d "$daemon" disable >/dev/null
    fi
  done
done
