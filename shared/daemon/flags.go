package daemon

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// EnvName returns the name of the environment variable that holds the default of a flag:
// say-rate is CHATTER_SAY_RATE.
func EnvName(flagName string) string {
	return "CHATTER_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// ParseFlags sets the flags of fs from the environment and then from the arguments, which
// win. An empty variable counts as none. A malformed value is an error that names the
// flag or the variable. An argument that is not a flag is an error, too.
func ParseFlags(fs *flag.FlagSet, args []string, getenv func(string) string) error {
	var malformed error
	fs.VisitAll(func(f *flag.Flag) {
		name := EnvName(f.Name)
		value := getenv(name)
		if value == "" || malformed != nil {
			return
		}
		if err := f.Value.Set(value); err != nil {
			malformed = fmt.Errorf("invalid value %q for %s: %w", value, name, err)
		}
	})
	if malformed != nil {
		return malformed
	}
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("%q is not a flag", fs.Arg(0))
	}
	return nil
}

// FlagDoc documents a flag.
type FlagDoc struct {
	Name    string // without dashes
	Env     string // the variable that holds its default
	Default string // when there is no variable; "" = none
	Help    string
}

// Table returns the documentation of all flags of fs, sorted by name.
func Table(fs *flag.FlagSet) []FlagDoc {
	var table []FlagDoc
	fs.VisitAll(func(f *flag.Flag) {
		table = append(table, FlagDoc{f.Name, EnvName(f.Name), f.DefValue, f.Usage})
	})
	return table
}

// Values returns the values of all flags of fs by their names, without the password of Redis.
func Values(fs *flag.FlagSet) map[string]string {
	values := make(map[string]string)
	fs.VisitAll(func(f *flag.Flag) {
		values[f.Name] = f.Value.String()
		if f.Name == "redis" {
			values[f.Name] = WithoutPassword(values[f.Name])
		}
	})
	return values
}

// WithoutPassword returns an address of Redis without the name, the password and the query,
// which may hold another password.
func WithoutPassword(address string) string {
	address, _, _ = strings.Cut(address, "?")
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	return scheme + "://" + rest[strings.LastIndexByte(rest, '@')+1:]
}

// WriteUsage writes the table as text.
func WriteUsage(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "Usage of %s:\n", fs.Name())
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  flag\tvariable\tdefault\t")
	for _, f := range Table(fs) {
		fmt.Fprintf(t, "  --%s\t%s\t%s\t%s\n", f.Name, f.Env, f.Default, f.Help)
	}
	t.Flush()
}
