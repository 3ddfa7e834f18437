//go:build race

package roomlog

// The race detector makes a seed about ten times as dear.
const defaultSeeds = 100
