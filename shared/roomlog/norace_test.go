//go:build !race

package roomlog

const defaultSeeds = 1000
