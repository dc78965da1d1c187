#!/bin/sh
# What the tests need beside Python: a PostgreSQL server. On Debian as root it is installed; elsewhere what is there is used,
# and pytest names aloud every test that had to be left out.
set -eu
have_postgres() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
have_postgres && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing a PostgreSQL server for the tests ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
else
    echo "No PostgreSQL server found: tests that need one will be left out (install the package 'postgresql')."
fi
