package daemon

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bounded is a flag.Value with a smallest and a largest value.
type bounded[T cmp.Ordered] struct {
	p           *T
	least, most T
	parse       func(string) (T, error)
	show        func(T) string
	want        string // the form, for errors
}

func (v *bounded[T]) Set(s string) error {
	x, err := v.parse(s)
	if err != nil {
		return fmt.Errorf("want %s", v.want)
	}
	// Written so that NaN is out of bounds.
	if !(v.least <= x && x <= v.most) {
		return fmt.Errorf("want %s from %s to %s", v.want, v.show(v.least), v.show(v.most))
	}
	*v.p = x
	return nil
}

func (v *bounded[T]) String() string {
	if v.p == nil { // the flag package asks a zero value
		return ""
	}
	return v.show(*v.p)
}

// DurationVar defines a flag for a duration such as 8s or 1m30s, bounds
// included.
func DurationVar(fs *flag.FlagSet, p *time.Duration, name string, def, least, most time.Duration, help string) {
	*p = def
	fs.Var(&bounded[time.Duration]{p, least, most, time.ParseDuration, showDuration, "a duration such as 8s"}, name, help)
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

// RateVar defines a flag for a number of events a second, from 0, which turns
// the limit off, to most.
func RateVar(fs *flag.FlagSet, p *float64, name string, def, most float64, help string) {
	parse := func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }
	show := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	*p = def
	fs.Var(&bounded[float64]{p, 0, most, parse, show, "a number"}, name, help)
}

// IntVar defines a flag for a whole number, bounds included.
func IntVar(fs *flag.FlagSet, p *int, name string, def, least, most int, help string) {
	*p = def
	fs.Var(&bounded[int]{p, least, most, strconv.Atoi, strconv.Itoa, "a whole number"}, name, help)
}

// checked is a flag.Value for a string with rules.
type checked struct {
	p     *string
	check func(string) error
}

func (v *checked) Set(s string) error {
	if err := v.check(s); err != nil {
		return err
	}
	*v.p = s
	return nil
}

func (v *checked) String() string {
	if v.p == nil {
		return ""
	}
	return *v.p
}

// StringVar defines a flag for a string for which check returns nil. The
// default is not checked.
func StringVar(fs *flag.FlagSet, p *string, name, def string, check func(string) error, help string) {
	*p = def
	fs.Var(&checked{p, check}, name, help)
}

// ListenVar defines a flag for a spec as Listen takes it. If the default is
// "", the flag may be set to "" too, for no listener.
func ListenVar(fs *flag.FlagSet, p *string, name, def, help string) {
	StringVar(fs, p, name, def, func(s string) error {
		if s == "" && def == "" {
			return nil
		}
		return CheckSpec(s)
	}, help)
}

// ChoiceVar defines a flag for one of the choices, the first of which is the
// default.
func ChoiceVar(fs *flag.FlagSet, p *string, name, help string, choices ...string) {
	StringVar(fs, p, name, choices[0], func(s string) error {
		if !slices.Contains(choices, s) {
			return fmt.Errorf("want %s", strings.Join(choices, " or "))
		}
		return nil
	}, help)
}
