-- The database `mail` and its three roles: the owner of the tables, pop3svc, and what delivers mail. For psql, as a
-- superuser; the variable SECRETS of the environment names the folder that secrets.sh has made.
\set ON_ERROR_STOP on
\set owner `cat "$SECRETS/owner.password"`
\set server `cat "$SECRETS/server.password"`
\set delivery `cat "$SECRETS/delivery.password"`
create role pop3svc_owner login password :'owner';
create role pop3svc login password :'server';
create role pop3svc_delivery login password :'delivery';
create database mail owner pop3svc_owner encoding 'UTF8' template template0;
revoke all on database mail from public;
grant connect on database mail to pop3svc, pop3svc_delivery;
