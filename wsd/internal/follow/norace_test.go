//go:build !race

package follow

const defaultSeeds = 1000
