//go:build race

package simulation

// The race detector makes a seed about ten times as dear.
const defaultSeeds = 150
