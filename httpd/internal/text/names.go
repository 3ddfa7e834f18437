package text

import (
	"maps"
	"slices"
	"strings"
)

// names are the words of the names that guests are offered. Each noun has the pattern of its
// grammatical gender, such as "{adjective}er {noun}".
type names struct {
	Adjectives []string
	Nouns      map[string][]string // by pattern
}

// all returns the name of each adjective with each noun.
func (n names) all() (all []string) {
	for _, pattern := range slices.Sorted(maps.Keys(n.Nouns)) {
		for _, noun := range n.Nouns[pattern] {
			for _, adjective := range n.Adjectives {
				all = append(all, strings.NewReplacer("{adjective}", adjective, "{noun}", noun).Replace(pattern))
			}
		}
	}
	return all
}
