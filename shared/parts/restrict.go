package parts

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"

	"chatter/shared/daemon"
	"chatter/shared/harden"
	"chatter/shared/redisconn"
)

// restrictions returns the rights that the service needs.
func (c *Config) restrictions() (harden.Rules, error) {
	program, err := daemon.ProgramFile()
	if err != nil {
		return harden.Rules{}, err
	}
	redis, err := redisconn.Parse(c.Redis)
	if err != nil {
		return harden.Rules{}, err
	}
	needs := harden.Needs{Program: program, Redis: redis.Reach()}
	for _, file := range []string{c.Settings, c.SecretFile, c.PhraseFile, c.RefuseFile} {
		if file != "" {
			needs.Files = append(needs.Files, file)
		}
	}
	for _, spec := range []string{c.Listen, c.Admin} {
		switch network, address, _ := daemon.ParseSpec(spec); network {
		case "unix":
			needs.Sockets = append(needs.Sockets, address)
		case "tcp":
			_, port, _ := net.SplitHostPort(address)
			n, _ := strconv.ParseUint(port, 10, 16)
			needs.Ports = append(needs.Ports, uint16(n))
		}
	}
	return needs.Rules(), nil
}

// checkRestrictions returns an error if the settings need more than this process may do
// since it started. Without --restrict it may do everything.
func (c *Config) checkRestrictions() error {
	rules, err := c.restrictions()
	if err != nil {
		return err
	}
	return harden.Allow(rules)
}

// forbidRoot returns an error if the process is root's and no flag allows that.
func (c *Config) forbidRoot() error {
	if os.Geteuid() != 0 || c.AllowRoot {
		return nil
	}
	return errors.New("started as root, whose rights it does not need: start it as another user (under supervisor: user=), or with --allow-root (or CHATTER_ALLOW_ROOT=true) where there is none, as in a container")
}

// Restrict takes from this process, for good, what the service does not need, and logs what
// is left. It returns the version of Landlock that restricts the process, 0 for none. It
// does nothing with --restrict off.
func (c *Config) Restrict(logger *slog.Logger) (landlock int, err error) {
	if c.Restricted == "off" {
		logger.Warn("not restricted: --restrict is off")
		return 0, nil
	}
	rules, err := c.restrictions()
	if err != nil {
		return 0, err
	}
	if landlock, err = rules.Apply(); err != nil {
		return 0, fmt.Errorf("%w (--restrict off goes without)", err)
	}
	restricted, left := harden.Enforced(landlock)
	logger.Info("restricted", "landlock", landlock, "kernel_restricts", restricted, "kernel_leaves", left, "rules", rules)
	return landlock, nil
}
