#!/bin/sh
# Makes the tables that all nodes share, and the user who may publish. Run once, as PostgreSQL's own user:
#   sudo -u postgres sh database.sh DOMAIN
# It asks for two passwords: of the nodes, for the database, and of the publisher; or takes them from $NODES_PASSWORD and
# $PUBLISHER_PASSWORD.
set -eu

domain=${1:?usage: database.sh DOMAIN}
tables=${TABLES:-/usr/share/kamailio/postgres}
[ -n "${NODES_PASSWORD:-}" ] || { printf 'password of the nodes: '; read -r NODES_PASSWORD; }
[ -n "${PUBLISHER_PASSWORD:-}" ] || { printf 'password of the publisher: '; read -r PUBLISHER_PASSWORD; }

# RFC 7616 §3.4.2: what digest is computed from; the password itself is not kept.
ha1=$(printf 'publisher:%s:%s' "$domain" "$PUBLISHER_PASSWORD" | md5sum | cut -c1-32)

psql -qX -v ON_ERROR_STOP=1 -v password="$NODES_PASSWORD" postgres <<'SQL'
CREATE ROLE kamailio LOGIN PASSWORD :'password';
CREATE DATABASE kamailio OWNER kamailio;
SQL
{
  cat "$tables/standard-create.sql" "$tables/auth_db-create.sql" "$tables/presence-create.sql"
  # shellcheck disable=SC2016
  echo 'GRANT ALL ON ALL TABLES IN SCHEMA public TO kamailio; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO kamailio;'
} | psql -qX -v ON_ERROR_STOP=1 kamailio
psql -qX -v ON_ERROR_STOP=1 -v domain="$domain" -v ha1="$ha1" kamailio <<'SQL'
INSERT INTO subscriber (username, domain, password, ha1) VALUES ('publisher', :'domain', '', :'ha1');
SQL
