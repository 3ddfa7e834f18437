#!/bin/sh
# Installs the site into Debian's or Ubuntu's nginx:
#
#     nginx/install.sh http chat.example.org
#     nginx/install.sh https chat.example.org
#
# Over http the name _ stands for every name that no other site has. An upgrade runs it again. It
# never touches /etc/nginx/chatter.d, whose *.conf files are included in the server{} that serves
# the site. Each value below can be set as a variable CHATTER_*; an empty address of IPv6 removes
# its lines. DESTDIR is where to install to.
#
# In nginx.conf it changes one line, and only if that is still the distribution's:
# worker_connections.
set -eu
umask 022

site=${1-} CHATTER_SERVER_NAME=${2-}
if [ $# -ne 2 ] || { [ "$site" != http ] && [ "$site" != https ]; }; then
	echo "usage: $0 http|https NAME" >&2
	exit 2
fi
refusal= # the lines of the template that refuse other names, for sed
case $site:$CHATTER_SERVER_NAME in
http:_) CHATTER_SERVER_NAME='~.' refusal='/^# A request for another host/,$d' ;;
*:*[!A-Za-z0-9.-]* | *: | *:[.-]* | *[.-])
	echo "$0: \"$CHATTER_SERVER_NAME\" is not the name of a host" >&2
	exit 2
	;;
esac

: "${CHATTER_HTTP_IPV4=80}" "${CHATTER_HTTP_IPV6=[::]:80}"
: "${CHATTER_HTTPS_IPV4=443}" "${CHATTER_HTTPS_IPV6=[::]:443}"
: "${CHATTER_CERTIFICATE=/etc/letsencrypt/live/$CHATTER_SERVER_NAME/fullchain.pem}"
: "${CHATTER_CERTIFICATE_KEY=/etc/letsencrypt/live/$CHATTER_SERVER_NAME/privkey.pem}"
: "${CHATTER_ACME=/var/www/chatter}"
: "${CHATTER_HTTPD=unix:/run/chatter/httpd.sock}" "${CHATTER_WSD=unix:/run/chatter/wsd.sock}"
: "${CHATTER_SOCKETS_PER_ADDRESS=1000}" "${CHATTER_HANDSHAKES_PER_SECOND=50}"
: "${CHATTER_REQUESTS_PER_SECOND=100}"

# Prints a template with the values in place of ${NAME}.
fill() {
	script=
	for name in SERVER_NAME HTTP_IPV4 HTTP_IPV6 HTTPS_IPV4 HTTPS_IPV6 CERTIFICATE CERTIFICATE_KEY ACME \
		HTTPD WSD SOCKETS_PER_ADDRESS HANDSHAKES_PER_SECOND REQUESTS_PER_SECOND; do
		eval "value=\$CHATTER_$name"
		if [ -n "$value" ]; then
			value=$(printf '%s\n' "$value" | sed 's/[\\&|]/\\&/g') # sed's own characters
			script="$script;s|\${CHATTER_$name}|$value|g"
		else
			script="$script;/\${CHATTER_$name}/d"
		fi
	done
	sed -e "${script#;}" "$1"
}

cd "$(dirname "$0")"
etc=${DESTDIR-}/etc/nginx share=${DESTDIR-}/usr/share/nginx
# All files are filled in before the first one is replaced: with an empty part nginx would start and
# log addresses.
new=$etc/chatter.new
trap 'rm -rf "$new"' EXIT
rm -rf "$new"
install -d "$new" "$etc/conf.d" "$etc/chatter" "$etc/chatter.d" "$share/chatter-errors" "${DESTDIR-}$CHATTER_ACME"
for part in parts/*.template; do
	fill "$part" >"$new/$(basename "$part" .template)"
done
fill "$site-site.conf.template" >"$new/site.filled"
sed -e "$refusal" "$new/site.filled" >"$new/site"
mv -f "$new"/*.conf "$etc/chatter/"
mv -f "$new/site" "$etc/conf.d/chatter.conf"
install -m 644 errors/*.html "$share/chatter-errors/"
ln -sfn ../../../var/log/nginx "$share/logs" # so that logrotate finds the log

# Each worker may have 32,768 connections: a socket takes two, and half-open connections of an
# attack must leave room for others. A connection to a guest and to a service takes a descriptor
# for each.
connections=32768 files=65536
conf=$etc/nginx.conf own=$etc/modules-enabled/90-chatter.conf
advise() { echo "$0: $1" >&2; }

number() { sed -n "s/^[[:space:]]*$1[[:space:]]\{1,\}\([0-9]\{1,\}\);.*/\1/p" "$2" 2>/dev/null | head -n 1; }
if [ -f "$conf" ]; then
	sed -i --follow-symlinks "s/^\([[:space:]]*worker_connections\) 768;\$/\1 $connections;/" "$conf"
fi
now=$(number worker_connections "$conf")
if [ "${now:-0}" -lt $connections ]; then
	advise "$conf is not the distribution's any more; set worker_connections in events{} to at least $connections"
fi

# nginx refuses to start when worker_rlimit_nofile stands twice.
there=
for file in "$conf" "$etc"/modules-enabled/*.conf; do
	[ "$file" = "$own" ] || there=${there:-$(number worker_rlimit_nofile "$file")}
done
if [ -n "$there" ]; then
	rm -f "$own"
	[ "$there" -ge $files ] || advise "worker_rlimit_nofile is $there; set it to at least $files"
elif grep -Eq '^[[:space:]]*include[[:space:]]+(/etc/nginx/)?modules-enabled/\*\.conf;' "$conf" 2>/dev/null; then
	install -d "$etc/modules-enabled"
	echo "worker_rlimit_nofile $files; # nginx/install.sh writes this file" >"$own"
else
	advise "$conf does not include modules-enabled/*.conf; add at its top: worker_rlimit_nofile $files;"
fi
