#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that building and testing e-KerMed need. It
# says what it installs, asks for sudo when it must, and does nothing when all is there.
set -euo pipefail

build=(gcc g++ pkg-config libgl1-mesa-dev xorg-dev libxkbcommon-dev libwayland-dev libvpx-dev libopus-dev libspeexdsp-dev)
check=(xvfb xauth libgl1-mesa-dri xdotool imagemagick pulseaudio pulseaudio-utils gnome-keyring dbus fonts-dejavu-core ca-certificates)
browsers=(chromium firefox-esr)

if ! command -v apt-get >/dev/null; then
  echo "setup: this is no Debian or Ubuntu; install the equivalents of: ${build[*]} ${check[*]} ${browsers[*]}" >&2
  exit 1
fi
missing=()
for package in "${build[@]}" "${check[@]}" "${browsers[@]}"; do
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
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq -o DPkg::Lock::Timeout=600 "${missing[@]}" >/dev/null
