#!/usr/bin/env bash
# Debian packages. Argument: demo, test or fuzz.
. "$(dirname "$0")/../lib.sh"

packages=(
  gcc libc6-dev pkg-config       # the linker, and SQLite, which is compiled from its source
  libgstreamer1.0-dev            # the GStreamer bindings do not build without
  libgstreamer-plugins-base1.0-dev
  gstreamer1.0-plugins-base      # appsrc, appsink, videoscale: no picture without
  gstreamer1.0-plugins-good      # mp4mux: no clips
  gstreamer1.0-plugins-bad       # h264parse, h265parse: no picture
  gstreamer1.0-libav             # avdec_h264, avdec_h265: no picture
  glib-networking                # encrypted cameras (rtsps://)
  ca-certificates                # whom these are trusted by
  ffmpeg                         # prepares footage for the simulated cameras; ffprobe checks clips in the tests
)
if [ "${1:-test}" = test ]; then
  packages+=(
    chromium                     # the browser tests
    gir1.2-gst-rtsp-server-1.0   # an RTSP server that is not ours, for the interoperability tests
    python3-gi                   # runs it
    openssl                      # makes its certificate
    postgresql                   # the other database that alerts are kept in
    mosquitto                    # the broker that alerts are published to
    iproute2                     # the second machine for multicast
    fonts-noto-cjk               # without it the browser draws every Chinese character as a box
  )
fi
if [ "${1:-test}" = fuzz ]; then
  packages+=(g++)                # libFuzzer
fi
# They unpack ONNX Runtime and Node.
python_with_pip >/dev/null || packages+=(python3 python3-pip)

if ! command -v dpkg-query >/dev/null; then
  say "apt: not a Debian system; these packages, or their like, are up to you: ${packages[*]}"
  exit
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || die "as root, run: apt-get install ${missing[*]}"
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
apt_get=("${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0)

say "apt: installing ${missing[*]}"
# One broken third-party list must not stop us: if a package can't be found, the install says so.
"${apt_get[@]}" update >"$LOGS/apt-update.log" 2>&1 || say "apt: 'apt-get update' had errors, see $LOGS/apt-update.log"
logged apt "${apt_get[@]}" install --yes --no-install-recommends "${missing[@]}"
