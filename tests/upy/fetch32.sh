#!/bin/sh
# A 32-bit MicroPython beside the system's own libraries, from Debian's i386 packages of a
# later suite than this machine's. Sizes of objects and of small integers are the ESP32's.
# Linux with apt only. Usage: fetch32.sh FOLDER
set -eu
folder=$1
suite=trixie
mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/unpacked"
cd "$folder"
uri=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d ' ')
[ -n "$uri" ] || uri=$(grep -rhE '^URIs:' /etc/apt/sources.list.d | awk '{print $2}' | head -n 1)
signed=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$signed arch=i386] $uri $suite main" > sources.list
options="-o Dir::Etc::sourcelist=$PWD/sources.list -o Dir::Etc::sourceparts=/dev/null \
 -o Dir::State::lists=$PWD/lists -o Dir::Cache=$PWD/cache -o APT::Architecture=i386 \
 -o APT::Architectures=i386 -o Dir::State::status=/dev/null -o APT::Sandbox::User=root"
# shellcheck disable=SC2086
apt-get $options -qq update
# shellcheck disable=SC2086
apt-get $options -qq -y --no-install-recommends --download-only install micropython >/dev/null
for package in cache/archives/*.deb; do
    case $package in
        */micropython_*|*/libc6_*|*/libffi*|*/libmbed*|*/libgcc*|*/gcc-*) dpkg -x "$package" unpacked ;;
    esac
done
loader=$(find unpacked -name 'ld-linux.so.2' | head -n 1)
libs=$(find unpacked -name 'libc.so.6' -exec dirname {} \; | head -n 1)
more=$(dirname "$(find unpacked -name 'libffi.so.*' -print -quit)")
cat > micropython <<END
#!/bin/sh
here=$PWD
exec "\$here/$loader" --library-path "\$here/$libs:\$here/$more" "\$here/unpacked/usr/bin/micropython" "\$@"
END
chmod +x micropython
rm -rf lists cache
./micropython -c 'import sys; assert sys.maxsize < 2**32; print("32-bit", sys.version)'
