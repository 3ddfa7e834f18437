package daemon

import (
	"cmp"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"
)

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

// boundedVar defines a flag whose values lie between least and most, bounds included.
func boundedVar[T cmp.Ordered](fs *flag.FlagSet, name, help, form string, v value[T], def, least, most T) {
	parse := v.parse
	v.parse = func(s string) (T, error) {
		x, err := parse(s)
		if err != nil {
			return x, fmt.Errorf("want %s", form)
		}
		if !(least <= x && x <= most) { // true for NaN
			return x, fmt.Errorf("want %s from %s to %s", form, v.show(least), v.show(most))
		}
		return x, nil
	}
	*v.p = def
	fs.Var(v, name, help)
}

// DurationVar defines a flag for a duration such as 8s or 1m30s, bounds included.
func DurationVar(fs *flag.FlagSet, p *time.Duration, name string, def, least, most time.Duration, help string) {
	boundedVar(fs, name, help, "a duration such as 8s", value[time.Duration]{p, time.ParseDuration, showDuration}, def, least, most)
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

// rateVar defines a flag for a number of events per second, from 0 to most.
func rateVar(fs *flag.FlagSet, p *float64, name string, def, most float64, help string) {
	parse := func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }
	show := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	boundedVar(fs, name, help, "a number", value[float64]{p, parse, show}, def, 0, most)
}

// IntVar defines a flag for a whole number, bounds included.
func IntVar(fs *flag.FlagSet, p *int, name string, def, least, most int, help string) {
	boundedVar(fs, name, help, "a whole number", value[int]{p, strconv.Atoi, strconv.Itoa}, def, least, most)
}

// stringVar defines a flag for a string for which check returns nil. The default is not
// checked.
func stringVar(fs *flag.FlagSet, p *string, name, def string, check func(string) error, help string) {
	*p = def
	fs.Var(value[string]{p, func(s string) (string, error) { return s, check(s) }, strings.Clone}, name, help)
}
