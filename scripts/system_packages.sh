#!/bin/sh
# Installs the system packages that tests need: a browser, Korean glyphs, software OpenGL for the
# face renderer, mono for the Unity package, PostgreSQL, and
# Tesseract with Korean and fonts for its test. As root it installs; otherwise it says what to
# install and goes on, and the tests that need them say why they skip.
set -eu
packages="chromium fonts-noto-cjk libegl1 libgl1-mesa-dri libgles2 mono-mcs mono-runtime \
    tesseract-ocr tesseract-ocr-kor fonts-nanum fonts-nanum-extra postgresql"
missing=""
for package in $packages; do
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086  # one word per package
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
else
    echo "some tests will be skipped; to run them: sudo apt-get install$missing"
fi
