package daemon

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
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

// value is a flag.Value with rules of its own.
type value[T any] struct {
	p     *T
	parse func(string) (T, error) // the error tells which values are allowed
	show  func(T) string
}

func (v value[T]) Set(s string) error {
	x, err := v.parse(s)
	if err == nil {
		*v.p = x
	}
	return err
}

func (v value[T]) String() string {
	if v.p == nil { // the flag package calls String on a zero value
		return ""
	}
	return v.show(*v.p)
}

// Var defines a flag whose default is *p. parse returns an error for a value that is not
// allowed, and show is its opposite.
func Var[T any](fs *flag.FlagSet, p *T, name string, parse func(string) (T, error), show func(T) string, help string) {
	fs.Var(value[T]{p, parse, show}, name, help)
}

// StringVar defines a flag for a string for which check returns nil. The default is not
// checked.
func StringVar(fs *flag.FlagSet, p *string, name, def string, check func(string) error, help string) {
	*p = def
	Var(fs, p, name, func(s string) (string, error) { return s, check(s) }, strings.Clone, help)
}

// ChoiceVar defines a flag for one of two words. The first one is the default.
func ChoiceVar(fs *flag.FlagSet, p *string, name, first, second, help string) {
	StringVar(fs, p, name, first, func(s string) error {
		if s != first && s != second {
			return fmt.Errorf("want %s or %s", first, second)
		}
		return nil
	}, help)
}

// ListVar defines a flag for a list that is empty by default. Commas or spaces separate its
// items.
func ListVar[T any](fs *flag.FlagSet, p *[]T, name string, parse func(string) (T, error), help string) {
	parseAll := func(s string) (items []T, err error) {
		for _, field := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
			item, err := parse(field)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		return items, nil
	}
	Var(fs, p, name, parseAll, func(items []T) string {
		texts := make([]string, len(items))
		for i, item := range items {
			texts[i] = fmt.Sprint(item)
		}
		return strings.Join(texts, ",")
	}, help)
}

// boundedVar defines a flag whose values lie between least and most, bounds included.
func boundedVar[T cmp.Ordered](fs *flag.FlagSet, p *T, name, form string, parse func(string) (T, error), show func(T) string, def, least, most T, help string) {
	*p = def
	Var(fs, p, name, func(s string) (T, error) {
		x, err := parse(s)
		if err != nil {
			return x, fmt.Errorf("want %s", form)
		}
		if !(least <= x && x <= most) { // true for NaN
			return x, fmt.Errorf("want %s from %s to %s", form, show(least), show(most))
		}
		return x, nil
	}, show, help)
}

// DurationVar defines a flag for a duration such as 8s or 1m30s, bounds included.
func DurationVar(fs *flag.FlagSet, p *time.Duration, name string, def, least, most time.Duration, help string) {
	boundedVar(fs, p, name, "a duration such as 8s", time.ParseDuration, showDuration, def, least, most, help)
}

// showDuration is Duration.String without its trailing zeros: 5m, not 5m0s.
func showDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// RateVar defines a flag for a number of events per second, from 0 to most.
func RateVar(fs *flag.FlagSet, p *float64, name string, def, most float64, help string) {
	parse := func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }
	show := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	boundedVar(fs, p, name, "a number", parse, show, def, 0, most, help)
}

// IntVar defines a flag for a whole number, bounds included.
func IntVar(fs *flag.FlagSet, p *int, name string, def, least, most int, help string) {
	boundedVar(fs, p, name, "a whole number", strconv.Atoi, strconv.Itoa, def, least, most, help)
}
