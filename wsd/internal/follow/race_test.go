//go:build race

package follow

// The race detector makes a seed about ten times as dear.
const defaultSeeds = 100
