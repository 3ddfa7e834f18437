package doctor

// kind is a kind of finding.
type kind struct {
	name  string
	level Level
	why   string
	fix   string // a format if the finding fills something in
}

// The kinds. supervisor/DOCTOR.md has the same; a test compares them.
var (
	programDown      = kind{"program-down", Danger, "guests have fewer processes than you think, or none", "supervisorctl start %s"}
	serviceSilent    = kind{"service-silent", Danger, "the process runs but does not answer, so nothing is known of it", "supervisorctl restart %s"}
	notReady         = kind{"not-ready", Danger, "guests who come to this process are sent away", "supervisorctl tail %s stderr"}
	forgettingLate   = kind{"forgetting-late", Danger, "guests are promised that old messages are gone, from the disk too", "look into the log of Redis; free disk and memory"}
	versionsDiffer   = kind{"versions-differ", Warning, "processes of different versions work together during an upgrade only", "supervisorctl signal HUP httpd:* wsd:*"}
	binaryReplaced   = kind{"binary-replaced", Warning, "the process still runs the old file, with its old faults", "supervisorctl signal HUP %s"}
	socketMissing    = kind{"socket-missing", Danger, "nginx cannot reach the service", "supervisorctl restart %s:*"}
	socketClosed     = kind{"socket-closed", Danger, "nginx may not connect, so guests get an error page", "chgrp %s %s"}
	socketOpen       = kind{"socket-open", Danger, "every program on this machine may pass itself off as nginx and name any address", "chmod 660 %s"}
	adminOpen        = kind{"admin-open", Danger, "others on this machine may moderate and read profiles", "chmod 600 %s"}
	directoryOpen    = kind{"directory-open", Danger, "others on this machine may put a socket of their own there", "chmod go-w %s"}
	secretBad        = kind{"secret-bad", Danger, "it can be read or guessed, and then everybody's sessions forged", "%s"}
	secretOwner      = kind{"secret-owner", Danger, "another user than root and the services owns or reads the key of all sessions", "chown root:%s %s"}
	secretWords      = kind{"secret-words", Warning, "a key that looks like words can be guessed", "(umask 027; head -c 33 /dev/urandom | base64 > %s)"}
	settingsStale    = kind{"settings-stale", Warning, "the process runs with other settings than the files say", "%s"}
	settingsUnequal  = kind{"settings-unequal", Danger, "services that disagree on it lose sessions, messages or names", "supervisorctl restart httpd:* wsd:*"}
	limitsOff        = kind{"limits-off", Danger, "one client can fill every room and Redis", "remove --limits off, and set --say-rate to 5"}
	descriptorsFew   = kind{"descriptors-few", Warning, "guests beyond the limit are refused before Chatter can tell them to wait", "%s"}
	redisAway        = kind{"redis-away", Danger, "without Redis nothing can be said or read", "supervisorctl start chatter-redis, or systemctl start redis-server"}
	redisSetting     = kind{"redis-setting", Danger, "this setting endangers what was said", "%s"}
	redisFilesOpen   = kind{"redis-files-open", Danger, "others on this machine may read what was said", "chmod 700 %s"}
	redisSocketOpen  = kind{"redis-socket-open", Danger, "every program on this machine may read and write what is said", "set unixsocketperm 770 in Redis's configuration; chmod 770 %s"}
	redisCore        = kind{"redis-core-dumps", Warning, "a crash would put messages on the disk", "set LimitCORE=0 with systemctl edit redis-server, then systemctl restart redis-server"}
	redisFull        = kind{"redis-full", Warning, "from 80 % on new names, then new rooms, then long texts are refused", "raise maxmemory, or shorten --retention"}
	redisWriteFails  = kind{"redis-write-fails", Danger, "Redis cannot write its file: messages are refused or kept too long", "look into the log of Redis; free disk and memory"}
	redisClients     = kind{"redis-clients", Warning, "processes that find no connection answer with an error", "set maxclients 10000 in Redis's configuration"}
	clockOff         = kind{"clock-off", Warning, "ages, presence and the dates of cookies go by both clocks", "timedatectl set-ntp true"}
	diskSmall        = kind{"disk-small", Warning, "a rewrite writes the whole file anew, and a full disk ends Redis", "free space, or lower maxmemory"}
	diskSoonFull     = kind{"disk-soon-full", Danger, "a full disk ends Redis, and again at each start", "free space on the disk of %s"}
	nginxInvalid     = kind{"nginx-invalid", Danger, "nginx does not start again, and takes no new certificate", "nginx -t"}
	nginxNoSite      = kind{"nginx-no-site", Danger, "guests do not reach Chatter through this nginx", "nginx/install.sh https NAME && systemctl reload nginx"}
	nginxStale       = kind{"nginx-stale", Warning, "nginx runs with an older configuration than its files say", "nginx -t && systemctl reload nginx"}
	nginxDown        = kind{"nginx-down", Danger, "guests reach nothing", "systemctl start nginx"}
	accessLogged     = kind{"access-logged", Danger, "the log links addresses with rooms and times", "include chatter/every-server.conf in %s, or set access_log off there"}
	errorsLogged     = kind{"errors-logged", Danger, "each line about a request has the address and the path", "set error_log /dev/null emerg in %s"}
	unlimited        = kind{"unlimited", Danger, "one client can take all connections or a whole core", "nginx/install.sh again, or limit_req and limit_conn in %s"}
	plainSite        = kind{"plain-site", Warning, "everybody on the way reads what is said and may take sessions over", "get a certificate, then nginx/install.sh https NAME; or set --public-url"}
	plainBeside      = kind{"plain-beside-https", Warning, "a guest who types no https talks in clear", "nginx/install.sh https NAME && systemctl reload nginx"}
	hstsMissing      = kind{"hsts-missing", Warning, "a browser may be led to the site over http", "include chatter/site.conf in the server of the site"}
	hstsShort        = kind{"hsts-short", Note, "browsers forget soon that the site has https", `echo 'set $chatter_hsts "max-age=63072000";' > /etc/nginx/chatter.d/hsts.conf && systemctl reload nginx`}
	certificateEnds  = kind{"certificate-ends", Danger, "browsers refuse the site after that", "certbot renew && systemctl reload nginx"}
	certificateSoon  = kind{"certificate-ends-soon", Warning, "renewal should have happened a while ago", "certbot renew && systemctl reload nginx"}
	certificateName  = kind{"certificate-name", Danger, "browsers refuse the site", "certbot certonly --webroot -w /var/www/chatter -d %s"}
	certificateStale = kind{"certificate-stale", Warning, "nginx shows an older certificate than its file", "systemctl reload nginx"}
	certificateTrust = kind{"certificate-untrusted", Warning, "browsers that trust what this machine trusts refuse the site", "certbot certonly --webroot -w /var/www/chatter -d %s"}
	nameUnknown      = kind{"name-unknown", Danger, "guests do not find the site", "add an A or AAAA record for %s"}
	nameElsewhere    = kind{"name-elsewhere", Warning, "guests may get to another machine; right behind NAT or a proxy", "correct the A and AAAA records of %s"}
	nameNoIPv6       = kind{"name-no-ipv6", Warning, "guests with IPv6 wait or see an error", "add listen [::]:443 to nginx, or remove the AAAA record"}
	somaxconnLow     = kind{"somaxconn-low", Warning, "after a restart connections are refused while everybody comes back", "sysctl -w net.core.somaxconn=4096"}
	overcommitOff    = kind{"overcommit-off", Warning, "a rewrite of Redis's file may fail although memory is free", "sysctl -w vm.overcommit_memory=1"}
	swapPlain        = kind{"swap-plain", Warning, "pages with messages stay on the disk", "swapoff -a, or encrypt the swap"}
	talkFails        = kind{"talk-fails", Danger, "a guest cannot talk", "supervisorctl status; tail /var/log/nginx/chatter-access.log"}
	talkElsewhere    = kind{"talk-not-through-name", Warning, "it works on this machine but not under its name from here", "try from another network: %s"}
	talkSlow         = kind{"talk-slow", Warning, "guests wait for their own messages", "chatterctl status; look for a busy disk or core"}
	talkLeaves       = kind{"talk-leaves", Note, "a check that talks leaves something behind", ""}
)

// kinds are all of them, in the order of the page.
var kinds = []kind{
	programDown, serviceSilent, notReady, forgettingLate, versionsDiffer, binaryReplaced,
	socketMissing, socketClosed, socketOpen, adminOpen, directoryOpen,
	secretBad, secretOwner, secretWords, settingsStale, settingsUnequal, limitsOff, descriptorsFew,
	redisAway, redisSetting, redisFilesOpen, redisSocketOpen, redisCore, redisFull, redisWriteFails, redisClients, clockOff, diskSmall, diskSoonFull,
	nginxInvalid, nginxNoSite, nginxStale, nginxDown, accessLogged, errorsLogged, unlimited,
	plainSite, plainBeside, hstsMissing, hstsShort,
	certificateEnds, certificateSoon, certificateName, certificateStale, certificateTrust,
	nameUnknown, nameElsewhere, nameNoIPv6,
	somaxconnLow, overcommitOff, swapPlain,
	talkFails, talkElsewhere, talkSlow, talkLeaves,
}
