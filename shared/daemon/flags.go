package daemon

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// envPrefix begins the environment variable of every flag.
const envPrefix = "CHATTER_"

// EnvName returns the environment variable that holds the default of a flag:
// say-rate is CHATTER_SAY_RATE.
func EnvName(flagName string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// ParseFlags sets the flags of fs from the environment and then from the
// arguments, which win. An empty variable counts as none. Anything malformed is
// an error that names the flag or the variable, never a default; so is an
// argument that is not a flag. It prints nothing, but for -h and --help: then
// it prints the usage to fs.Output and returns flag.ErrHelp.
func ParseFlags(fs *flag.FlagSet, args []string, getenv func(string) string) error {
	if err := parseArgs(fs, args, getenv); !errors.Is(err, flag.ErrHelp) {
		return err
	}
	WriteUsage(fs.Output(), fs)
	return flag.ErrHelp
}

func parseArgs(fs *flag.FlagSet, args []string, getenv func(string) string) error {
	if err := parseEnv(fs, getenv); err != nil {
		return err
	}
	output, usage := fs.Output(), fs.Usage
	defer func() {
		fs.SetOutput(output)
		fs.Usage = usage
	}()
	fs.Init(fs.Name(), flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("%q is not a flag", fs.Arg(0))
	}
	return nil
}

func parseEnv(fs *flag.FlagSet, getenv func(string) string) error {
	var first error
	fs.VisitAll(func(f *flag.Flag) {
		name := EnvName(f.Name)
		value := getenv(name)
		if value == "" || first != nil {
			return
		}
		if err := f.Value.Set(value); err != nil {
			first = fmt.Errorf("invalid value %q for %s: %w", value, name, err)
		}
	})
	return first
}

// FlagDoc is what there is to know about a flag.
type FlagDoc struct {
	Name    string // without dashes
	Env     string // the variable that holds its default
	Default string // when there is no variable; "" = none
	Help    string
}

// Table returns all flags of fs by name, for whoever documents them.
func Table(fs *flag.FlagSet) []FlagDoc {
	var table []FlagDoc
	fs.VisitAll(func(f *flag.Flag) {
		table = append(table, FlagDoc{f.Name, EnvName(f.Name), f.DefValue, f.Usage})
	})
	return table
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
