//go:build !race

package simulation

const defaultSeeds = 1_000
